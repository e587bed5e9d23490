// SPDX-License-Identifier: Apache-2.0

package offline

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/serin-dev/serin/pkg/annotations"
	"github.com/serin-dev/serin/pkg/manifest"
	"github.com/serin-dev/serin/pkg/model"
)

// input is what the flags say about files.
type input struct {
	files  []string
	images map[string]string // of containers, by name
}

func (in *input) add(command *cobra.Command) {
	command.Flags().StringArrayVarP(&in.files, "filename", "f", nil, "`FILE` or directory with manifests, or - for the standard input; may be repeated")
}

func (in *input) addImages(command *cobra.Command) {
	command.Flags().StringToStringVar(&in.images, "new-image", nil, "`CONTAINER=IMAGE` of the new template; without it, the rollout is that of a restart")
	command.Flags().Lookup("new-image").DefValue = "" // an empty map has no form to type
}

// namespace is the one that the flag of kubectl's names, where there is one.
func namespace(command *cobra.Command) string {
	if flag := command.Flags().Lookup("namespace"); flag != nil && flag.Value.String() != "" {
		return flag.Value.String()
	}
	return "default"
}

// known are the objects of one run.
type known struct {
	objects     []client.Object
	deployments []*appsv1.Deployment
	set         manifest.Set
	namespace   string // of objects that name none
}

// read reads the files, and says everything that is wrong with them.
func (in *input) read(stdin io.Reader, namespace string) (known, error) {
	set, err := manifest.ReadAll(in.files, stdin)
	if err != nil {
		return known{}, err
	}
	k := known{namespace: namespace}
	for _, object := range set.Known(namespace) {
		k.objects = append(k.objects, object.Value)
		if d, ok := object.Value.(*appsv1.Deployment); ok {
			k.deployments = append(k.deployments, d)
		}
	}
	if len(set.Problems) > 0 {
		slices.SortStableFunc(set.Problems, func(a, b manifest.Problem) int {
			return cmp.Or(strings.Compare(a.Place.File, b.Place.File), cmp.Compare(a.Place.Line, b.Place.Line))
		})
		var messages []string
		for _, problem := range set.Problems {
			messages = append(messages, problem.String())
		}
		return known{}, several("the files have to be put right first", messages)
	}
	k.set = set
	return k, nil
}

// choose gives the Deployments that are meant: those named, or all that have opted in.
func (k known) choose(names []string) ([]*appsv1.Deployment, error) {
	if len(names) > 0 {
		return k.named(names)
	}
	var chosen []*appsv1.Deployment
	var there []string
	for _, d := range k.deployments {
		there = append(there, d.Name)
		if annotations.OptedIn(d.Annotations) {
			chosen = append(chosen, d)
		}
	}
	switch {
	case len(chosen) > 0:
		return chosen, nil
	case len(there) == 0:
		return nil, fmt.Errorf("there is no Deployment in the files; give one with -f FILE")
	}
	return nil, fmt.Errorf("no Deployment in the files has opted in with %s: \"true\"; to look at one all the same, name it: %s", annotations.Canary, strings.Join(there, ", "))
}

func (k known) named(names []string) ([]*appsv1.Deployment, error) {
	var chosen []*appsv1.Deployment
	var missing []string
	for _, name := range names {
		i := slices.IndexFunc(k.deployments, func(d *appsv1.Deployment) bool { return d.Name == name })
		if i < 0 {
			missing = append(missing, fmt.Sprintf("there is no Deployment %s; there are: %s", name, k.listed()))
			continue
		}
		chosen = append(chosen, k.deployments[i])
	}
	if len(missing) > 0 {
		return nil, several("not everything that was named is there", missing)
	}
	return chosen, nil
}

func (k known) listed() string {
	var names []string
	for _, d := range k.deployments {
		names = append(names, d.Name)
	}
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// around is everything around a Deployment, with stand-ins for what files alone do not tell.
func (k known) around(target *appsv1.Deployment) (others []client.Object, notes []string) {
	for _, object := range k.objects {
		if object != client.Object(target) {
			others = append(others, object)
		}
	}
	others = append(others, k.judging(target)...)
	claims, notes := model.StandIns(target, others)
	judging, more := model.Checks(target, others)
	return slices.Concat(others, claims, judging), append(notes, more...)
}

// wanted is the template with the images of --new-image; nil without any.
func (in *input) wanted(target *appsv1.Deployment) (*corev1.PodTemplateSpec, error) {
	if len(in.images) == 0 {
		return nil, nil //nolint:nilnil // no wish is an answer
	}
	template := target.Spec.Template.DeepCopy()
	var wrong, there []string
	for i := range template.Spec.Containers {
		there = append(there, template.Spec.Containers[i].Name)
	}
	for _, name := range slices.Sorted(maps.Keys(in.images)) {
		i := slices.Index(there, name)
		switch {
		case i < 0:
			wrong = append(wrong, fmt.Sprintf("--new-image %s=%s: Deployment %s has no container %s; it has: %s", name, in.images[name], target.Name, name, strings.Join(there, ", ")))
		case template.Spec.Containers[i].Image == in.images[name]:
			wrong = append(wrong, fmt.Sprintf("--new-image %s=%s: container %s has this image already, so nothing would roll out", name, in.images[name], name))
		default:
			template.Spec.Containers[i].Image = in.images[name]
		}
	}
	if len(wrong) > 0 {
		return nil, several("the new template cannot be made", wrong)
	}
	return template, nil
}
