package kargo

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/seawall-dev/seawall/pkg/budget"
	"github.com/seawall-dev/seawall/pkg/inventory"
	"github.com/seawall-dev/seawall/pkg/inventory/argocd"
	"github.com/seawall-dev/seawall/pkg/rollout"
)

// app is an entry of the configuration of an argocd-update step.
type app struct {
	Name      string                `json:"name"`
	Namespace string                `json:"namespace"`
	Selector  *metav1.LabelSelector `json:"selector"`
}

// finder finds the Applications of the steps of one Promotion, each once.
type finder struct {
	account        *budget.Account
	inventory      *Inventory
	project, stage string
	// sharded says that the Applications are mostly those of another cluster.
	sharded  bool
	scope    scope
	seen     map[string]bool
	evidence string
}

// applications returns the Applications of one step (Kargo's pkg/promotion/runner/builtin,
// argocd_updater.go, run), those that were found with an *rollout.UnresolvedError, too, and why
// the step fails before it comes to the others.
func (f *finder) applications(path string, step *step) (targets []rollout.Target, stopped string, err error) {
	if step.Uses != updateStep {
		return nil, "", rollout.Unresolved(path+".task", "is not replaced by the steps of its task: want what Kargo's own webhook makes of it")
	}
	path += ".config.apps"
	var whole string
	if json.Unmarshal(step.Config.Apps, &whole) == nil && whole != "" {
		targets, err = f.authorized(path) // an expression makes the whole list
		return targets, "", err
	}
	var entries []json.RawMessage
	if err := json.Unmarshal(step.Config.Apps, &entries); len(step.Config.Apps) > 0 && err != nil {
		return nil, "", rollout.Unresolved(path, "cannot be read: %s", rollout.Quote(err.Error()))
	}
	var unresolved *rollout.UnresolvedError
	for i, entry := range entries {
		at := fmt.Sprintf("%s[%d]", path, i)
		found, err := f.entry(at, entry)
		finding, is := errors.AsType[*rollout.UnresolvedError](err)
		switch {
		case errors.Is(err, errUnauthorized):
			rollout.SortTargets(targets)
			return targets, at + " names an Application that is not authorized for " + f.project + ":" + f.stage +
				": Kargo fails the step there, and syncs nothing that follows", orNone(unresolved)
		case is:
			unresolved = cmp.Or(unresolved, finding)
		case err != nil:
			return nil, "", err
		}
		targets = append(targets, found...)
	}
	rollout.SortTargets(targets)
	return targets, "", orNone(unresolved)
}

// errUnauthorized says that the Stage may not sync an Application.
var errUnauthorized = errors.New("not authorized")

func orNone(unresolved *rollout.UnresolvedError) error {
	if unresolved == nil {
		return nil
	}
	return unresolved
}

// entry returns the Applications of one entry, of which an expression may make any part.
func (f *finder) entry(path string, raw json.RawMessage) ([]rollout.Target, error) {
	var app app
	switch err := json.Unmarshal(raw, &app); {
	case err == nil:
		return f.one(path, app)
	case expressive(string(raw)):
		return f.authorized(path)
	default:
		return nil, rollout.Unresolved(path, "cannot be read: %s", rollout.Quote(err.Error()))
	}
}

func (f *finder) one(path string, app app) ([]rollout.Target, error) {
	namespace, known := f.scope.resolve(app.Namespace)
	if namespace == "" {
		namespace = f.inventory.namespace
	}
	if (app.Name == "") == (app.Selector == nil) {
		return nil, rollout.Unresolved(path, "has name %s and selector %t: want one of the two", rollout.Quote(app.Name), app.Selector != nil)
	}
	if app.Selector != nil {
		return f.selected(path, namespace, known, app.Selector)
	}
	name, resolved := f.scope.resolve(app.Name)
	if !resolved || !known {
		return f.authorized(path)
	}
	application, err := f.inventory.applications.Get(namespace, name)
	switch {
	case err != nil && !rollout.IsFinding(err):
		return nil, err
	case application == nil: // it is in another cluster, or the step fails, unless it is there by then
		application = &inventory.Object[argocd.Application]{Namespace: namespace, Name: name}
	case !f.sharded && !authorizedFor(application.Value.AuthorizedStages, f.project, f.stage):
		return nil, errUnauthorized
	}
	return f.add(nil, application), nil
}

func (f *finder) selected(path, namespace string, known bool, selector *metav1.LabelSelector) ([]rollout.Target, error) {
	resolved, complete := f.resolveSelector(selector)
	if !known || !complete {
		return f.authorized(path)
	}
	compiled, err := rollout.Selector(path+".selector", resolved)
	if err != nil {
		return nil, err
	}
	return f.list(path+".selector", namespace, compiled)
}

func (f *finder) resolveSelector(selector *metav1.LabelSelector) (*metav1.LabelSelector, bool) {
	resolved, complete := selector.DeepCopy(), true
	put := func(text *string) {
		value, known := f.scope.resolve(*text)
		*text, complete = value, complete && known
	}
	for key, value := range resolved.MatchLabels {
		put(&value)
		resolved.MatchLabels[key] = value
	}
	for i := range resolved.MatchExpressions {
		expression := &resolved.MatchExpressions[i]
		put(&expression.Key)
		put((*string)(&expression.Operator))
		for v := range expression.Values {
			put(&expression.Values[v])
		}
	}
	return resolved, complete
}

// authorized is the bound of what cannot be resolved: every Application that the Stage may
// sync.
func (f *finder) authorized(path string) ([]rollout.Target, error) {
	f.evidence = fmt.Sprintf("the Applications that are authorized for %s:%s, as expressions of %s are not evaluated",
		f.project, f.stage, path)
	return f.list(path, metav1.NamespaceAll, labels.Everything())
}

// list returns the selected Applications that the Stage may sync. Those of an Argo CD in another
// cluster are not seen: none here is not none, and those here are not all of a shard's.
func (f *finder) list(path, namespace string, selector labels.Selector) ([]rollout.Target, error) {
	all, err := f.inventory.applications.List(namespace, selector)
	if err != nil {
		return nil, err
	}
	if err := f.account.Work(len(all)); err != nil {
		return nil, err
	}
	var targets []rollout.Target
	authorized := 0
	for _, application := range all {
		if authorizedFor(application.Value.AuthorizedStages, f.project, f.stage) {
			authorized++
			targets = f.add(targets, application)
		}
	}
	rollout.SortTargets(targets)
	switch {
	case f.sharded:
		return targets, rollout.Unresolved(path, "is resolved by the shard of the Stage: Applications of its Argo CD may be in another cluster")
	case authorized == 0:
		return nil, rollout.Unresolved(path, "finds no Application that is authorized for %s: they may be in another cluster",
			rollout.Quote(f.project+":"+f.stage))
	}
	return targets, nil
}

// authorizedFor tells whether a list of "<project>:<stage>", separated by commas, names a Stage;
// one with anything else in it names none (Kargo's pkg/api/stage.go, AuthorizedStages).
func authorizedFor(list, project, stage string) bool {
	authorized := false
	for entry := range strings.SplitSeq(list, ",") {
		if entry = strings.TrimSpace(entry); entry == "" {
			continue
		}
		of, name, _ := strings.Cut(entry, ":")
		of, name = strings.TrimSpace(of), strings.TrimSpace(name)
		if of == "" || name == "" || strings.Contains(entry, "*") {
			return false
		}
		authorized = authorized || of == project && name == stage
	}
	return authorized
}

func (f *finder) add(targets []rollout.Target, application *inventory.Object[argocd.Application]) []rollout.Target {
	name := application.Namespace + "/" + application.Name
	if f.seen[name] {
		return targets
	}
	f.seen[name] = true
	return append(targets, rollout.Target{
		Name: name, Effect: rollout.Changed, SuccessRate: application.SuccessRate, Source: "Application " + name,
	})
}
