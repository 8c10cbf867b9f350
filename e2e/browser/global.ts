// sockjs-client 1.6 asks for Node's name of it, as pages that use it have to know.
Object.assign(globalThis, { global: globalThis });
