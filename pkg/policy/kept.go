package policy

import (
	"slices"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
	"github.com/seawall-dev/seawall/pkg/gate"
)

// KeptRule is what a policy said when it held starts last. Waves have kept it, which may drain by it.
type KeptRule struct {
	*Gate

	// Policy is the name of the policy, which may be gone.
	Policy string

	waves int
}

// Rule returns by what starts are judged of a Wave that drains: the limit holds. What has failed holds nobody
// any more, and nobody has to come first, or what waits might wait for good.
func (r *KeptRule) Rule() gate.Rule {
	rule := r.Gate.Rule()
	rule.GoOn, rule.Ordered = true, false
	return rule
}

// Kept returns what the policy says of starts, for a Wave to keep; false if the policy holds none, or cannot be
// judged by.
func (g *Gate) Kept() (v1alpha1.WavePolicySpec, bool) {
	if g.policy.invalid != nil || !g.Holds() {
		return v1alpha1.WavePolicySpec{}, false
	}
	return g.source, true
}

// KeptRules are those of all Waves. The zero value has none. They may be used by several goroutines at once.
type KeptRules struct {
	mutex    sync.RWMutex
	byWave   map[string]*KeptRule
	byPolicy map[string][]*KeptRule
}

// Put notes the rule of a Wave, if it has any that is not released.
func (k *KeptRules) Put(wave *v1alpha1.Wave) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	before := k.byWave[wave.Name]
	var after *KeptRule
	if wave.Keeps() && !wave.Released() {
		after = k.find(wave)
	}
	if before == after {
		return
	}
	k.forget(wave.Name)
	if after == nil {
		return
	}
	if k.byWave == nil {
		k.byWave, k.byPolicy = map[string]*KeptRule{}, map[string][]*KeptRule{}
	}
	if after.waves++; after.waves == 1 {
		k.byPolicy[after.Policy] = append(k.byPolicy[after.Policy], after)
	}
	k.byWave[wave.Name] = after
}

// Delete forgets the rule of a Wave that is gone.
func (k *KeptRules) Delete(wave string) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	k.forget(wave)
}

func (k *KeptRules) forget(wave string) {
	before := k.byWave[wave]
	if before == nil {
		return
	}
	delete(k.byWave, wave)
	if before.waves--; before.waves == 0 {
		k.byPolicy[before.Policy] = slices.DeleteFunc(k.byPolicy[before.Policy], func(r *KeptRule) bool { return r == before })
	}
}

// Of returns the rule that a Wave has kept, whether or not it is of those that were put: the same for all that
// have kept the same. It returns nil for one that has kept none.
func (k *KeptRules) Of(wave *v1alpha1.Wave) *KeptRule {
	if !wave.Keeps() {
		return nil
	}
	k.mutex.RLock()
	defer k.mutex.RUnlock()
	return k.find(wave)
}

// find returns the rule of a Wave: one that is known, if one is the same.
func (k *KeptRules) find(wave *v1alpha1.Wave) *KeptRule {
	for _, known := range k.byPolicy[wave.Spec.PolicyName] {
		if equality.Semantic.DeepEqual(known.source, wave.Status.Rule) {
			return known
		}
	}
	// What a policy that could be read has said can be read.
	compiled, _ := Compile(&v1alpha1.WavePolicy{ObjectMeta: metav1.ObjectMeta{Name: wave.Spec.PolicyName}, Spec: *wave.Status.Rule.DeepCopy()})
	if compiled.gate == nil {
		return nil
	}
	return &KeptRule{Gate: compiled.gate, Policy: compiled.Name}
}

// All returns the rules that Waves have kept of the policies for which is true.
func (k *KeptRules) All(which func(policy string) bool) []*KeptRule {
	k.mutex.RLock()
	defer k.mutex.RUnlock()
	var all []*KeptRule
	for policy, rules := range k.byPolicy {
		if which(policy) {
			all = append(all, rules...)
		}
	}
	slices.SortStableFunc(all, func(a, b *KeptRule) int { return strings.Compare(a.Policy, b.Policy) })
	return all
}

// Has tells whether a Wave has kept a rule.
func (k *KeptRules) Has(rule *KeptRule, wave string) bool {
	k.mutex.RLock()
	defer k.mutex.RUnlock()
	return k.byWave[wave] == rule
}
