// SPDX-License-Identifier: Apache-2.0

package model_test

import (
	"fmt"
	"os"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/serin-dev/serin/pkg/manifest"
	"github.com/serin-dev/serin/pkg/model"
)

var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func load(t *testing.T, file string) *model.World {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var set manifest.Set
	set.Add(file, text)
	var target *appsv1.Deployment
	var others []client.Object
	for _, known := range set.Known("default") {
		if d, ok := known.Value.(*appsv1.Deployment); ok {
			target = d
		} else {
			others = append(others, known.Value)
		}
	}
	if len(set.Problems) > 0 {
		t.Fatal(set.Problems)
	}
	return model.New(target, others, epoch)
}

func TestSmoke(t *testing.T) {
	w := load(t, "../../e2e/cmd/demo/shop.yaml")
	print := func(p model.Pass) error {
		if p.Changes.Any() {
			fmt.Println(p.At.Sub(epoch), p.Decision.Phase, p.Decision.Reason, p.Decision.Message, len(p.Writes), w.Pods())
		}
		return nil
	}
	if err := w.Run(t.Context(), model.Forever, print); err != nil {
		t.Fatal(err)
	}
	tmpl := w.Target().Spec.Template
	tmpl.Spec.Containers[0].Image = "x:v2"
	w.Push(tmpl)
	begin := time.Now()
	if err := w.Run(t.Context(), model.Forever, print); err != nil {
		t.Fatal(err)
	}
	fmt.Println(time.Since(begin))
}
