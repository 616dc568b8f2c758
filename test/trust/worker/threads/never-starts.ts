// A thread that dies while its code is loaded.
throw new Error('no such thread');
