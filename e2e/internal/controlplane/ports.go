// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"fmt"
	"math/rand/v2"
	"net"
)

// The ports come from below the range that systems hand out to outgoing connections: one of those could otherwise take a port
// in the instant between our choosing it and the component's listening on it.
const (
	firstPort    = 20000
	lastPort     = 30000
	portAttempts = 200
)

// freePorts returns n different loopback addresses on which nobody listens. All are held until the last is found.
func freePorts(n int) ([]string, error) {
	var addresses []string
	for range portAttempts {
		if len(addresses) == n {
			return addresses, nil
		}
		address := fmt.Sprintf("127.0.0.1:%d", firstPort+rand.IntN(lastPort-firstPort))
		listener, err := net.Listen("tcp", address)
		if err != nil {
			continue
		}
		defer listener.Close()
		addresses = append(addresses, address)
	}
	return nil, fmt.Errorf("found only %d of %d free ports between %d and %d on 127.0.0.1", len(addresses), n, firstPort, lastPort)
}
