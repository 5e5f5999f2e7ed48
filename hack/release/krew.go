package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"

	"sigs.k8s.io/yaml"
)

const (
	home      = "https://github.com/seawall-dev/seawall"
	downloads = home + "/releases/download/"
	// krewFile is named as krew wants it: after the plugin.
	krewFile = "seawall.yaml"
)

// krewPlugin is the manifest by which krew, kubectl's manager of plugins, installs one.
type krewPlugin struct {
	APIVersion string       `json:"apiVersion"`
	Kind       string       `json:"kind"`
	Metadata   krewMetadata `json:"metadata"`
	Spec       krewSpec     `json:"spec"`
}

type krewMetadata struct {
	Name string `json:"name"`
}

type krewSpec struct {
	Version          string         `json:"version"`
	Homepage         string         `json:"homepage"`
	ShortDescription string         `json:"shortDescription"`
	Description      string         `json:"description"`
	Platforms        []krewPlatform `json:"platforms"`
}

type krewPlatform struct {
	Selector krewSelector `json:"selector"`
	URI      string       `json:"uri"`
	SHA256   string       `json:"sha256"`
	Bin      string       `json:"bin"`
}

type krewSelector struct {
	MatchLabels map[string]string `json:"matchLabels"`
}

// krew writes the manifest of the archives of the CLI.
func (r *release) krew(context.Context) error {
	manifest := krewPlugin{APIVersion: "krew.googlecontainertools.github.com/v1alpha2", Kind: "Plugin", Metadata: krewMetadata{"seawall"}}
	manifest.Spec = krewSpec{
		Version: r.version, Homepage: home,
		ShortDescription: "Keep waves of rollouts small enough",
		Description: "Says of a rollout (Argo CD ApplicationSets, Fleet Bundles and others) how likely one of its waves\n" +
			"is to break something, before the cluster does: of manifests in a pull request, of live\n" +
			"objects, and of what Seawall's admission webhook has denied.\n",
	}
	for _, of := range platforms() {
		name := of.archive(r.version)
		sum, err := sumOf(filepath.Join(r.output, name))
		if err != nil {
			return err
		}
		manifest.Spec.Platforms = append(manifest.Spec.Platforms, krewPlatform{
			Selector: krewSelector{map[string]string{"os": of.system, "arch": of.architecture}},
			URI:      downloads + r.version + "/" + name, SHA256: sum, Bin: of.program(),
		})
	}
	text, err := yaml.Marshal(manifest)
	if err != nil {
		return err
	}
	path := filepath.Join(r.output, krewFile)
	if err := os.WriteFile(path, text, 0o644); err != nil { //nolint:gosec // others may read a release
		return err
	}
	return r.told(path)
}

// checksums writes the checksums of all files, as sha256sum --check reads them.
func (r *release) checksums(context.Context) error {
	const name = "checksums.txt"
	entries, err := os.ReadDir(r.output) // which are sorted
	if err != nil {
		return err
	}
	var text []byte
	for _, entry := range entries {
		sum, err := sumOf(filepath.Join(r.output, entry.Name()))
		if err != nil {
			return err
		}
		text = append(text, sum+"  "+entry.Name()+"\n"...)
	}
	path := filepath.Join(r.output, name)
	if err := os.WriteFile(path, text, 0o644); err != nil { //nolint:gosec // others may read a release
		return err
	}
	return r.told(path)
}

func sumOf(path string) (string, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:]), nil
}
