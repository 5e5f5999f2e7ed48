package kargo

import (
	"encoding/json"
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
	scope          scope
	seen           map[string]bool
	evidence       string
}

// applications returns the Applications of one step (Kargo's pkg/promotion/runner/builtin,
// argocd_updater.go).
func (f *finder) applications(path string, raw json.RawMessage) ([]rollout.Target, error) {
	var whole string
	if json.Unmarshal(raw, &whole) == nil && whole != "" {
		return f.authorized(path) // an expression makes the whole list
	}
	var entries []json.RawMessage
	if err := json.Unmarshal(raw, &entries); len(raw) > 0 && err != nil {
		return nil, rollout.Unresolved(path, "cannot be read: %s", rollout.Quote(err.Error()))
	}
	var targets []rollout.Target
	for i, entry := range entries {
		found, err := f.entry(fmt.Sprintf("%s[%d]", path, i), entry)
		if err != nil {
			return nil, err
		}
		targets = append(targets, found...)
	}
	rollout.SortTargets(targets)
	return targets, nil
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
	if err != nil {
		return nil, err
	}
	if application == nil { // the step fails, unless it is there by then
		application = &inventory.Object[argocd.Application]{Namespace: namespace, Name: name}
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
	return f.list(namespace, compiled)
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
	return f.list(metav1.NamespaceAll, labels.Everything())
}

func (f *finder) list(namespace string, selector labels.Selector) ([]rollout.Target, error) {
	all, err := f.inventory.applications.List(namespace, selector)
	if err != nil {
		return nil, err
	}
	if err := f.account.Work(len(all)); err != nil {
		return nil, err
	}
	var targets []rollout.Target
	for _, application := range all {
		if authorizedFor(application.Value.AuthorizedStages, f.project, f.stage) {
			targets = f.add(targets, application)
		}
	}
	rollout.SortTargets(targets)
	return targets, nil
}

// authorizedFor tells whether a list of "<project>:<stage>", separated by commas, names a
// Stage.
func authorizedFor(list, project, stage string) bool {
	for entry := range strings.SplitSeq(list, ",") {
		of, name, found := strings.Cut(entry, ":")
		if found && strings.TrimSpace(of) == project && strings.TrimSpace(name) == stage {
			return true
		}
	}
	return false
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
