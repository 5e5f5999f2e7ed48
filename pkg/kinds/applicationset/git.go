package applicationset

import (
	"bytes"
	"context"
	slashpath "path"

	"github.com/seawall-dev/seawall/pkg/rollout"
)

// Repositories answers what is in git repositories. An error says why that is not known.
type Repositories interface {
	// Directories returns the paths of the folders that a revision has, in Argo CD's order.
	Directories(ctx context.Context, url, revision string) ([]string, error)
	// Files returns what the files hold that a pattern of git's matches, by their paths.
	Files(ctx context.Context, url, revision, pattern string) (map[string][]byte, error)
}

// git makes a set of parameters for each folder, or each object in files, of a repository (Argo CD's
// generators/git.go). Where nobody knows repositories, it is one that asks over the network.
func git(reading *reading, config value, spec *specification, yield yieldFunc) error {
	repositories := reading.repositories()
	if repositories == nil {
		return overNetwork(reading, config, spec, yield)
	}
	asked := &gitSource{reading: reading, config: config, goTemplate: spec.dialect.goTemplate, repositories: repositories}
	if err := asked.decode(spec); err != nil {
		return err
	}
	switch {
	case len(asked.directories) > 0:
		return asked.eachDirectory(yield)
	case len(asked.files) > 0:
		return asked.eachFile(yield)
	default:
		return rollout.Unresolved(config.spelled(), "has neither directories nor files")
	}
}

// repositories returns those of the object that is read.
func (r *reading) repositories() Repositories {
	if r.turn == theStored && r.were != nil {
		return r.were
	}
	return r.reader.repositories
}

// moves tells whether what a spec stands for may have changed without it.
func (r *reader) moves(spec []byte) bool {
	return r.were != nil && (bytes.Contains(spec, []byte(`"git"`)) || bytes.Contains(spec, []byte(`\u`)))
}

// gitSource is a git generator.
type gitSource struct {
	reading       *reading
	config        value
	goTemplate    bool
	repositories  Repositories
	url, revision string
	// prefix is a parameter that holds those of the path.
	prefix             string
	directories, files []gitItem
	values             *clusterValues
}

// gitItem is a pattern of paths.
type gitItem struct {
	path    string
	exclude bool
}

func (g *gitSource) decode(spec *specification) (err error) {
	for key, text := range map[string]*string{"repoURL": &g.url, "revision": &g.revision, "pathParamPrefix": &g.prefix} {
		if *text, err = g.config.field(key).text(); err != nil {
			return err
		}
	}
	for key, items := range map[string]*[]gitItem{"directories": &g.directories, "files": &g.files} {
		if *items, err = gitItems(g.config.field(key)); err != nil {
			return err
		}
	}
	g.values, err = newClusterValues(g.reading, g.config.field("values"), spec)
	return err
}

func gitItems(list value) ([]gitItem, error) {
	raw, err := list.list()
	if err != nil {
		return nil, err
	}
	items := make([]gitItem, len(raw))
	for i := range raw {
		item := list.item(i)
		if _, err := item.object(); err != nil {
			return nil, err
		}
		if items[i].path, err = item.field("path").text(); err != nil {
			return nil, err
		}
		if items[i].exclude, err = item.field("exclude").flag(); err != nil {
			return nil, err
		}
	}
	return items, nil
}

func (g *gitSource) eachDirectory(yield yieldFunc) error {
	paths, err := g.repositories.Directories(g.reading.ctx, g.url, g.revision)
	if err != nil {
		return g.unknown(err)
	}
	for _, each := range paths {
		if err := g.reading.account.Work(len(g.directories) * (1 + len(each)/workBytes)); err != nil {
			return err
		}
		if !included(g.directories, each) {
			continue
		}
		if err := g.yield(map[string]any{}, each, "", "folder "+each, yield); err != nil {
			return err
		}
	}
	return nil
}

// included tells whether a folder is wanted: whatever excludes it wins. A pattern that is none matches
// nothing.
func included(items []gitItem, folder string) bool {
	found := false
	for _, item := range items {
		matches, err := slashpath.Match(item.path, folder)
		if err != nil || !matches {
			continue
		}
		if item.exclude {
			return false
		}
		found = true
	}
	return found
}

// unknown is the error of a repository of which it is not known what it holds.
func (g *gitSource) unknown(err error) error {
	if ctxErr := g.reading.ctx.Err(); ctxErr != nil {
		return ctxErr
	}
	return open(g.config, "is resolved over the network: "+err.Error())
}

// yield makes a set of what a file holds, which may be nothing, and of a path.
func (g *gitSource) yield(params map[string]any, folder, file, origin string, yield yieldFunc) error {
	weight := parameterWeight*(len(params)+len(g.values.keys)) + gitPathWeight + gitPathParts*len(folder)
	if err := g.reading.spend(g.config, weight); err != nil {
		return err
	}
	if g.goTemplate {
		g.nestPath(params, folder, file)
	} else {
		g.flattenPath(params, folder, file)
	}
	set := madeOf(params, func() string { return origin })
	texts := make([]string, len(g.values.leaves))
	for i, leaf := range g.values.leaves {
		var err error
		if texts[i], err = g.values.render(leaf, &set); err != nil {
			return g.reading.rendering(&broken{path: leaf.path, err: err}, &set, g.values.interpolated)
		}
	}
	g.values.add(params, texts)
	set = madeOf(params, set.describe)
	g.reading.cloned = true
	return yield(&set)
}

const (
	// gitPathWeight is about what the parameters of a path weigh beside its text, which is in them
	// gitPathParts times.
	gitPathWeight = 256
	gitPathParts  = 4
)
