// SPDX-License-Identifier: Apache-2.0

package chart_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"helm.sh/helm/v4/pkg/chart/v2/loader"

	"github.com/serin-dev/serin/deploy/release/internal/chart"
	"github.com/serin-dev/serin/deploy/release/internal/source"
)

const ours = "../../../../charts/serin"

var of = source.Source{Version: "v9.8.7-rc.6", Time: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}

func pack(t *testing.T) (string, []byte) {
	t.Helper()
	file, err := chart.Pack(of, ours, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return file, content
}

func TestTheChartHasTheVersionOfTheRelease(t *testing.T) {
	file, content := pack(t)
	if name := filepath.Base(file); name != "serin-9.8.7-rc.6.tgz" {
		t.Errorf("it is called %s", name)
	}
	loaded, err := loader.LoadArchive(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	if m := loaded.Metadata; m.Version != "9.8.7-rc.6" || m.AppVersion != "v9.8.7-rc.6" {
		t.Errorf("version %s of app %s", m.Version, m.AppVersion)
	}
	before, err := loader.LoadDir(ours)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := len(loaded.Raw), len(before.Raw); got != want || loaded.Validate() != nil {
		t.Errorf("%d files, and the checkout has %d; %v", got, want, loaded.Validate())
	}
}

func TestTheSameChartIsTheSameBytes(t *testing.T) {
	_, first := pack(t)
	_, second := pack(t)
	if !bytes.Equal(first, second) {
		t.Error("the chart differs from one time to the next")
	}
}

func TestAFolderWithoutAChart(t *testing.T) {
	if _, err := chart.Pack(of, t.TempDir(), t.TempDir()); err == nil || !strings.Contains(err.Error(), "loading the chart in ") {
		t.Errorf("Pack() = %v", err)
	}
}
