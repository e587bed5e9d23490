// SPDX-License-Identifier: Apache-2.0

// Package chart packs the Helm chart, as "helm package" does, with the version of the release.
//
// It promises the same bytes from the same chart, version and time. The checkout stays as it is.
package chart

import (
	"fmt"
	"strings"

	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/chart/v2/util"

	"github.com/serin-dev/serin/deploy/release/internal/source"
)

// Pack packs the chart of the folder into the other one, and gives the file. The chart's version is the release's without its v,
// which charts do not have; its appVersion, which is also the image's tag, has it.
func Pack(s source.Source, folder, into string) (string, error) {
	chart, err := loader.LoadDir(folder)
	if err != nil {
		return "", fmt.Errorf("loading the chart in %s: %w", folder, err)
	}
	chart.Metadata.Version, chart.Metadata.AppVersion = strings.TrimPrefix(s.Version, "v"), s.Version
	chart.StampModTimes(s.Time)
	file, err := util.Save(chart, into)
	if err != nil {
		return "", fmt.Errorf("packing the chart: %w", err)
	}
	return file, nil
}
