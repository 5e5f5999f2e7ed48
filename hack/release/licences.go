package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
)

// licences returns the texts that go with the CLI: its own licence, and what it owes to others.
func (r *release) licences(ctx context.Context) ([]file, error) {
	own, err := os.ReadFile("LICENSE")
	if err != nil {
		return nil, err
	}
	path, err := r.notices(ctx, plugin, platforms())
	if err != nil {
		return nil, err
	}
	others, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return []file{{"LICENSE", false, own}, {filepath.Base(path), false, others}}, nil
}

// notices writes what a program owes to those whose code is in it, on all of its platforms.
func (r *release) notices(ctx context.Context, program string, platforms []platform) (path string, err error) {
	path = filepath.Join(r.work, program, "THIRD-PARTY.txt")
	names := make([]string, len(platforms))
	for i, each := range platforms {
		names[i] = each.system + "/" + each.architecture
	}
	_, err = command(ctx, nil, "go", "run", "./hack/notices", "-output", path, "-platforms", strings.Join(names, " "), "./cmd/"+program)
	return path, err
}
