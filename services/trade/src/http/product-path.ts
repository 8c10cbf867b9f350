import { RoomId } from '@gongu/shared';
import { z } from 'zod';

/** `/api/products/:id…`. */
export const ProductPath = z.object({ id: RoomId });
