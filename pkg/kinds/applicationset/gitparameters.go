package applicationset

import (
	"fmt"
	"maps"
	slashpath "path"
	"slices"
	"strconv"
	"strings"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/budget"
	"github.com/seawall-dev/seawall/pkg/kinds/gotemplate"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// eachFile makes the sets of all files, in the order of their paths.
func (g *gitSource) eachFile(yield yieldFunc) error {
	contents, err := g.contents()
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(contents)) {
		objects, err := g.objects(name, string(contents[name]))
		if err != nil {
			return err
		}
		for i, object := range objects {
			if err := g.fileSet(name, fmt.Sprintf("%s[%d]", name, i), object, yield); err != nil {
				return err
			}
		}
	}
	return nil
}

// contents returns the files of all patterns but those that exclude.
func (g *gitSource) contents() (map[string][]byte, error) {
	all := map[string][]byte{}
	for _, excluding := range []bool{false, true} {
		for _, item := range g.files {
			if item.exclude != excluding {
				continue
			}
			found, err := g.repositories.Files(g.reading.ctx, g.url, g.revision, item.path)
			if err != nil {
				return nil, g.unknown(err)
			}
			if !excluding {
				maps.Copy(all, found)
				continue
			}
			for name := range found {
				delete(all, name)
			}
		}
	}
	return all, nil
}

// objects returns those of a file: the one that it is, or those of the list that it is. An empty file
// is an object of nothing.
func (g *gitSource) objects(name, text string) ([]map[string]any, error) {
	object, err := gotemplate.ParseYAML[map[string]any](g.reading.account, text)
	if err == nil {
		return []map[string]any{object}, nil
	}
	if budget.Failed(err) {
		return nil, err
	}
	objects, err := gotemplate.ParseYAML[[]map[string]any](g.reading.account, text)
	if err != nil {
		problem := "reads " + rollout.Quote(name) + ", which holds neither an object nor a list of objects"
		return nil, gotemplate.Unresolved(g.config.spelled(), problem, err, g.reading.author(g.config.foreign()))
	}
	return objects, nil
}

func (g *gitSource) fileSet(name, origin string, object map[string]any, yield yieldFunc) error {
	params := make(map[string]any, len(object)+1)
	if g.goTemplate {
		maps.Copy(params, object)
	} else if err := g.flatten(params, "", object); err != nil {
		return err
	}
	return g.yield(params, slashpath.Dir(name), slashpath.Base(name), "file "+origin, yield)
}

// flatten adds the members of objects and the items of lists by their paths: "a.b.0".
func (g *gitSource) flatten(params map[string]any, within string, of any) error {
	each := func(key string, member any) error {
		switch member.(type) {
		case map[string]any, []any:
			return g.flatten(params, within+key+".", member)
		default:
			text := fmt.Sprintf("%v", member)
			params[within+key] = text
			return g.reading.spend(g.config, parameterWeight+len(within)+len(key)+len(text))
		}
	}
	switch of := of.(type) {
	case map[string]any:
		for _, key := range sorted(of) {
			if err := each(key, of[key]); err != nil {
				return err
			}
		}
	case []any:
		for i, item := range of {
			if err := each(strconv.Itoa(i), item); err != nil {
				return err
			}
		}
	}
	return nil
}

// nestPath adds the parameters of a path as goTemplate has them.
func (g *gitSource) nestPath(params map[string]any, folder, file string) {
	of := map[string]any{
		"path": folder, "basename": slashpath.Base(folder), "basenameNormalized": normalize(slashpath.Base(folder)),
		"segments": strings.Split(folder, "/"),
	}
	if file != "" {
		of["filename"], of["filenameNormalized"] = file, normalize(file)
	}
	if g.prefix != "" {
		params[g.prefix] = map[string]any{"path": of}
		return
	}
	params["path"] = of
}

// flattenPath adds the parameters of a path without goTemplate.
func (g *gitSource) flattenPath(params map[string]any, folder, file string) {
	name := "path"
	if g.prefix != "" {
		name = g.prefix + ".path"
	}
	params[name], params[name+".basename"] = folder, slashpath.Base(folder)
	params[name+".basenameNormalized"] = normalize(slashpath.Base(folder))
	if file != "" {
		params[name+".filename"], params[name+".filenameNormalized"] = file, normalize(file)
	}
	for i, segment := range strings.Split(folder, "/") {
		if segment != "" {
			params[name+"["+strconv.Itoa(i)+"]"] = segment
		}
	}
}

// undeclared warns that the number of environments was counted in a clone, which the webhook does not
// have: there it has to be declared.
func (d *delta) undeclared() []string {
	total := d.after.apps.len()
	_, declared, err := d.write.Declared()
	if !d.reading.cloned || err != nil || declared || total == 0 || len(d.after.open) > 0 {
		return nil
	}
	return []string{fmt.Sprintf("a git generator was resolved from a clone, which the webhook does not have: set annotation %s to %q, "+
		"or it cannot count this rollout", v1alpha1.EnvironmentsAnnotation, strconv.Itoa(total))}
}
