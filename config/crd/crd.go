// Package crd holds the definitions of Seawall's own objects, as they are installed.
package crd

import "embed"

// Bases are the CustomResourceDefinitions, in YAML, by the paths bases/seawall.dev_<resource>.yaml.
//
//go:embed bases/*.yaml
var Bases embed.FS
