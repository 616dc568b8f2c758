// Package main is OPA itself as a WebAssembly reactor: its compiler, checker, tester, formatter, interpreter and builtins over files
// that the host holds in memory. It does no input or output of its own: the host puts a request into the module's memory, calls an
// exported function, and reads the answer from the module's memory.
//
// One call at a time: a host that needs two at once makes two instances.
package main

import "encoding/binary"

// The host writes requests here. Kept and grown, so that an ordinary builtin call allocates nothing for its request.
var request = make([]byte, 64*1024)

// The last answer. Held until the next call, so that Go's collector leaves it alone while the host reads.
var answer = make([]byte, headerSize, 64*1024)

// An answer begins with its kind and its length, each 32 bits, little endian.
const headerSize = 8

const (
	kindValue     = 0
	kindUndefined = 1
	kindError     = 2
)

// buffer returns the address of a request buffer of at least size bytes. A buffer returned earlier is void.
//
//go:wasmexport exequatur_buffer
func buffer(size uint32) uint32 {
	if uint64(size) > uint64(len(request)) {
		request = make([]byte, size)
	}
	return address(request)
}

// operate runs one operation: length bytes of JSON in the request buffer. It returns the address of the answer.
//
//go:wasmexport exequatur_operate
func operate(length uint32) uint32 {
	kind, text := perform(request[:length])
	return give(kind, text)
}

// builtin calls the builtin with that index in the list of names, see the operation "builtins". The request buffer holds the operands, each as
// 32 bits of length and its text. It returns the address of the answer.
//
//go:wasmexport exequatur_builtin
func builtin(index, count, length uint32, timeNs int64) uint32 {
	return callBuiltin(int(index), int(count), request[:length], timeNs)
}

func give(kind uint32, text []byte) uint32 {
	answer = append(answer[:headerSize], text...)
	return seal(kind)
}

// seal completes the answer whose text already stands behind the header.
func seal(kind uint32) uint32 {
	binary.LittleEndian.PutUint32(answer[0:], kind)
	binary.LittleEndian.PutUint32(answer[4:], uint32(len(answer)-headerSize))
	return address(answer)
}

func main() {}
