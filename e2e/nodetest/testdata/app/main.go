// SPDX-License-Identifier: Apache-2.0

// Command app is everything that runs in the tests' pods: it waits, it answers requests with its pod's name, and it makes them.
package main

import (
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	switch {
	case len(os.Args) == 3 && os.Args[1] == "get":
		get(os.Args[2])
	case len(os.Args) == 2 && os.Args[1] == "serve":
		serve()
	default: // hold a pod's namespaces
		ended := make(chan os.Signal, 1)
		signal.Notify(ended, syscall.SIGTERM, syscall.SIGINT)
		<-ended
	}
}

func serve() {
	name, _ := os.Hostname()
	http.HandleFunc("/", func(writer http.ResponseWriter, _ *http.Request) {
		fmt.Println("asked")
		_, _ = io.WriteString(writer, name)
	})
	fmt.Println("serving")
	fmt.Println(http.ListenAndServe(":8080", nil))
}

func get(url string) {
	// The answer is what counts: who gives it is not asked.
	insecure := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	client := &http.Client{Timeout: 2 * time.Second, Transport: insecure}
	for range 50 {
		response, err := client.Get(url)
		if err == nil {
			text, _ := io.ReadAll(response.Body)
			fmt.Printf("%s\n", text)
			return
		}
		fmt.Println(err)
		time.Sleep(100 * time.Millisecond)
	}
	os.Exit(1)
}
