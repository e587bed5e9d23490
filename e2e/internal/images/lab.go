// SPDX-License-Identifier: Apache-2.0

package images

// versions are the tags of the sample. They differ in what they say they are, so that "kubectl set image" is all it takes to
// roll out another version.
var versions = []string{"v1", "v2", "v3", "v4"}

// Pause is what holds a pod's namespaces.
func Pause(program string) Image {
	config := base
	config.User = nobody
	config.Entrypoint = []string{"/pause"}
	return Image{
		Names:  []Name{{Reference: "serin.lab/pause:1"}},
		Config: config,
		Files:  []File{{Path: "/pause", Mode: 0o755, From: program}},
	}
}

// Sample is the application that is rolled out, and the load on it.
func Sample(program string) Image {
	config := base
	config.User = nobody
	config.ExposedPorts = map[string]struct{}{"8080/tcp": {}, "9090/tcp": {}}
	config.Entrypoint = []string{"/sample"}
	config.Cmd = []string{"serve"}
	image := Image{Config: config, Files: []File{{Path: "/sample", Mode: 0o755, From: program}}}
	for _, version := range versions {
		image.Names = append(image.Names, Name{Reference: "serin.lab/sample:" + version, Env: []string{"VERSION=" + version}})
	}
	return image
}
