package main

import "unsafe"

// address is where the host finds the bytes. Go's collector does not move them.
func address(bytes []byte) uint32 {
	return uint32(uintptr(unsafe.Pointer(unsafe.SliceData(bytes))))
}

// hostCancelled asks the host whether the current call's deadline has passed: nothing else can interrupt the one thread that there is.
//
//go:wasmimport exequatur cancelled
func hostCancelled() uint32
