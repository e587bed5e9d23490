// SPDX-License-Identifier: Apache-2.0

package journeys_test

import (
	"context"
	"flag"
	"os"
	"strconv"
	"testing"

	"github.com/serin-dev/serin/e2e/internal/inside"
	"github.com/serin-dev/serin/e2e/lab"
)

// abreast is how many journeys go on at once. Four of them keep two cores so busy that each waits for the others.
const abreast = 3

// shared is the cluster of all journeys.
var shared *cluster

func TestMain(m *testing.M) {
	flag.Parse()
	if parallel := flag.Lookup("test.parallel"); parallel.Value.String() == parallel.DefValue {
		_ = parallel.Value.Set(strconv.Itoa(abreast))
	}
	os.Exit(inside.Main(context.Background(), m, lab.Options{Istio: true, Node: true, Images: os.Getenv("LAB_IMAGES"), Progress: os.Stderr}, prepare))
}

func prepare(ctx context.Context, l *lab.Lab) (func() error, error) {
	var err error
	if shared, err = connect(ctx, l); err != nil {
		return nil, err
	}
	if err := shared.install(ctx); err != nil {
		return nil, err
	}
	return proof.write, nil
}
