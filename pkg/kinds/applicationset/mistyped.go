package applicationset

import (
	"maps"
	"slices"

	"github.com/seawall-dev/seawall/pkg/kinds/gotemplate"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// nothingError says that Argo CD fails for certain: it writes no Application until that is mended.
type nothingError struct{ *rollout.UnresolvedError }

func (e *nothingError) Unwrap() error { return e.UnresolvedError }

var errTyped = gotemplate.NewFault("renders to a field of another type than an Application's", nil)

// mistyped says whether a patch holds what does not fit into an Application, as far as its types have
// been the same in every Argo CD (applicationset/controllers/template/patch.go decodes it).
func mistyped(key string, raw any) bool {
	wantsText, wantsFlag := slices.Contains(texts(), key), slices.Contains(flags(), key)
	switch raw := raw.(type) {
	case nil:
		return false
	case bool:
		return wantsText
	case string:
		return wantsFlag
	case []any:
		return wantsText || wantsFlag || slices.ContainsFunc(raw, func(item any) bool { return mistyped("", item) })
	case map[string]any:
		return wantsText || wantsFlag || mistypedMember(key, raw)
	default:
		return wantsText || wantsFlag
	}
}

func mistypedMember(of string, members map[string]any) bool {
	if of == "annotations" {
		return slices.ContainsFunc(slices.Collect(maps.Values(members)), func(part any) bool { return part != nil && !isText(part) })
	}
	if free(of) {
		return false
	}
	for member, part := range members {
		if mistyped(member, part) {
			return true
		}
	}
	return false
}

// free says whether the keys of an object are anybody's.
func free(key string) bool {
	switch key {
	case "labels", "commonLabels", "commonAnnotations", "map", "options", "valuesObject", "operation":
		return true
	default:
		return false
	}
}

func isText(raw any) bool {
	_, is := raw.(string)
	return is
}

// texts are fields of an Application that are strings wherever they stand, and flags are true or false.
func texts() []string {
	return []string{
		"value", "repoURL", "path", "targetRevision", "chart", "ref", "releaseName", "namePrefix", "nameSuffix", "server", "project",
	}
}

func flags() []string {
	return []string{"prune", "selfHeal", "allowEmpty", "recurse", "skipCrds", "forceString", "passCredentials"}
}

// unmergeable says whether the library that Argo CD merges parameters by fails on two sets, which it does
// on strings by key with anything by key on top.
func unmergeable(base, over map[string]any) bool {
	for key, above := range over {
		above, isObject := above.(map[string]any)
		if !isObject || len(above) == 0 {
			continue
		}
		switch below := base[key].(type) {
		case map[string]string:
			return true
		case map[string]any:
			if unmergeable(below, above) {
				return true
			}
		}
	}
	return false
}

// writesNothing returns the change of an object that Argo CD writes nothing of, and false for any other.
func (s *side) writesNothing(environments int) (rollout.Change, bool) {
	at := slices.IndexFunc(s.open, func(entry openEntry) bool { return entry.nothing })
	if at < 0 {
		return rollout.Change{}, false
	}
	err := s.open[at].err
	return rollout.Change{Environments: environments, Warnings: []string{
		err.Field + " " + err.Problem + ": Argo CD writes nothing until that is mended, and everything that waits then",
	}}, true
}
