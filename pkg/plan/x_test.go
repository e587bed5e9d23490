package plan

import (
	"github.com/serin-dev/serin/pkg/manifest"
	appsv1 "k8s.io/api/apps/v1"
	"os"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"testing"
)

func TestX(t *testing.T) {
	text, _ := os.ReadFile(os.Getenv("X"))
	var set manifest.Set
	set.Add("x", text)
	in := Input{}
	for _, k := range set.Known("default") {
		if d, ok := k.Value.(*appsv1.Deployment); ok {
			if in.Target == nil {
				in.Target = d
			} else {
				t.Log("another")
			}
		} else {
			in.Others = append(in.Others, client.Object(k.Value))
		}
	}
	t.Log(set.Problems)
	p, err := Make(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	p.Print(os.Stdout)
}
