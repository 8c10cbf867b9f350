import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

// Vite's own host is `localhost`, which on some machines is ::1 alone.
const server = { host: '127.0.0.1', port: 5174 };
export default defineConfig({ plugins: [react()], server, preview: server });
