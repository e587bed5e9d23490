// SPDX-License-Identifier: Apache-2.0

package docs_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/prometheus/prometheus/promql/parser"
	"k8s.io/apimachinery/pkg/util/yaml"

	"github.com/serin-dev/serin/e2e/internal/pages"
)

// foreign are API groups of other projects, whose objects no cluster of ours serves.
var foreign = []string{"argoproj.io", "flagger.app", "kustomize.toolkit.fluxcd.io", "source.toolkit.fluxcd.io", "helm.toolkit.fluxcd.io",
	"monitoring.coreos.com", "kind.x-k8s.io", "kustomize.config.k8s.io", "keda.sh"}

// fileName is the first line of a block that is written to a file.
var fileName = regexp.MustCompile(`^# ([a-z0-9][a-z0-9.-]*\.yaml)\b`)

// yaml writes the block to the file that it names, and has everything in it looked at that somebody knows.
func (r *reader) yaml(b pages.Block) {
	r.Helper()
	name := ""
	if match := fileName.FindStringSubmatch(b.Text); match != nil {
		name = match[1]
		r.must(os.WriteFile(filepath.Join(r.dir, name), []byte(b.Text), 0o600))
	}
	if strings.Contains(name, "values") {
		r.look(b, "helm template serin charts/serin --values "+name, "")
		return
	}
	decoder := yaml.NewYAMLOrJSONDecoder(strings.NewReader(b.Text), 4096)
	for {
		var content any
		err := decoder.Decode(&content)
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			r.tell(b, 0, "this is not YAML: %v", err)
		}
		if fields, is := content.(map[string]any); is {
			r.document(b, fields)
		}
	}
}

// document looks at an object, at annotations or at checks.
func (r *reader) document(b pages.Block, fields map[string]any) {
	r.Helper()
	if version, is := fields["apiVersion"].(string); is && fields["kind"] != nil {
		group, _, _ := strings.Cut(version, "/")
		if slices.Contains(foreign, group) {
			return
		}
		if metadata, is := fields["metadata"].(map[string]any); is {
			delete(metadata, "namespace")
		}
		r.look(b, "kubectl apply --server-side --force-conflicts --dry-run=server --validate=strict -f -", toJSON(fields))
	}
	if found := annotationsIn(fields); len(found) > 0 {
		r.look(b, "kubectl-serin lint -f -", withAnnotations(found))
	}
	if fields["checks"] != nil && fields["apiVersion"] == nil && !isValues(fields) {
		r.look(b, "kubectl-serin lint -f -", withChecks(b.Text))
	}
}

// isValues reports whether the checks are those of the chart's values.
func isValues(fields map[string]any) bool {
	_, is := fields["checks"].(map[string]any)
	return is
}

// look gives a text to a command.
func (r *reader) look(b pages.Block, command, text string) {
	r.Helper()
	file := filepath.Join(r.dir, ".given")
	r.must(os.WriteFile(file, []byte(text), 0o600))
	if out, err := r.bash(command + " <.given"); err != nil {
		r.tell(b, 0, "%s: %v\n%s", command, err, out)
	}
}

// annotationsIn are Serin's in an object, in metadata alone, or in a mere list of them.
func annotationsIn(fields map[string]any) map[string]any {
	metadata, _ := fields["metadata"].(map[string]any)
	within, _ := metadata["annotations"].(map[string]any)
	found := map[string]any{}
	for _, all := range []map[string]any{fields, within} {
		for key, value := range all {
			if strings.HasPrefix(key, "serin.dev/") {
				found[key] = value
			}
		}
	}
	delete(found, "serin.dev/analysis") // names a ConfigMap that another block has
	return found
}

const (
	someDeployment = `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"shop","annotations":%s},"spec":{"replicas":4,
"selector":{"matchLabels":{"app":"shop"}},"template":{"metadata":{"labels":{"app":"shop"}},"spec":{"containers":[{"name":"shop","image":"shop:v1"}]}}}}`
	someService = `{"apiVersion":"v1","kind":"Service","metadata":{"name":"shop"},"spec":{"selector":{"app":"shop"},"ports":[{"name":"http","port":80}]}}`
	someChecks  = `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"shop-checks"},"data":{"checks.yaml":%s}}`
)

func withAnnotations(all map[string]any) string {
	written := map[string]any{"serin.dev/canary": "true"}
	maps.Copy(written, all)
	return fmt.Sprintf(someDeployment, toJSON(written)) + "\n---\n" + someService
}

func withChecks(text string) string {
	annotations := map[string]any{"serin.dev/analysis": "shop-checks"}
	return withAnnotations(annotations) + "\n---\n" + fmt.Sprintf(someChecks, toJSON(text))
}

var promQL = parser.NewParser(parser.Options{})

// promql reads queries, which are divided by empty lines, or one in a line.
func (r *reader) promql(b pages.Block) {
	r.Helper()
	line := 0
	for part := range strings.SplitSeq(b.Text, "\n\n") {
		if _, err := promQL.ParseExpr(part); err != nil {
			for i, query := range strings.Split(strings.TrimSpace(part), "\n") {
				if _, err := promQL.ParseExpr(query); err != nil {
					r.tell(b, line+i, "this is not PromQL: %v", err)
				}
			}
		}
		line += strings.Count(part, "\n") + 2
	}
}

func toJSON(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // it came from YAML
	}
	return string(text)
}
