package main

import (
	"io"
	"net"
)

// serve sends back what one client sends, until it closes.
func serve(conn net.Conn) {
	defer conn.Close()
	_, _ = io.Copy(conn, conn)
}
