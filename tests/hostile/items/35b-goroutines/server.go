// A hundred thousand goroutines, each locked to a thread of its own.
package main

import (
	"fmt"
	"runtime"
	"time"
)

func main() {
	fmt.Println("tried enough")
	for n := 0; n < 100000; n++ {
		go func() {
			runtime.LockOSThread()
			time.Sleep(time.Hour)
		}()
	}
	time.Sleep(time.Hour)
}
