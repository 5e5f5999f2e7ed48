package standing

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/pkg/apis/v1alpha1"
)

// errUnasked says that a write passed that Seawall refuses.
var errUnasked = errors.New("a dry-run that Seawall refuses was let pass: the API server does not get its answer")

// asked checks whether the API server gets Seawall's answers. The webhook of its own objects has the
// failurePolicy Ignore, so that a write which passes proves nothing; one that Seawall alone can refuse,
// and that is refused in its name, proves that it was asked. Nothing is stored either way: it is a
// dry-run. Who may create no override may perhaps create a policy.
func (a Asker) asked(ctx context.Context) Check {
	const name = "asked"
	tries := []client.Object{endedOverride(a.Home), unreadablePolicy()}
	if a.Namespace != "" && a.Namespace != a.Home {
		tries = append(tries, endedOverride(a.Namespace))
	}
	var refused []string
	for _, object := range tries {
		err := a.Client.Create(ctx, object, client.DryRunAll)
		switch {
		case err == nil:
			return Check{name, Failed, errUnasked.Error()}
		case strings.Contains(err.Error(), `admission webhook "`+configurationHook+`" denied the request`):
			return Check{name, OK, fmt.Sprintf("%s refused a %s on dry-run, as it has to", configurationHook, kindOf(object))}
		case !apierrors.IsForbidden(err) && !apierrors.IsNotFound(err):
			refused = append(refused, kindOf(object)+": "+err.Error())
		}
	}
	if len(refused) > 0 {
		return Check{name, Failed, strings.Join(refused, "; ")}
	}
	return Check{name, Unknown, "takes the verb create on waveoverrides.seawall.dev in namespace " + cmpNamespace(a) +
		", or on wavepolicies.seawall.dev; nothing is stored"}
}

func cmpNamespace(a Asker) string {
	if a.Namespace != "" && a.Namespace != a.Home {
		return a.Home + " or " + a.Namespace
	}
	return a.Home
}

func kindOf(object client.Object) string {
	if _, is := object.(*v1alpha1.WavePolicy); is {
		return "WavePolicy"
	}
	return "WaveOverride"
}

// endedOverride is in order for the API server, which cannot tell the time, and not for Seawall.
func endedOverride(namespace string) *v1alpha1.WaveOverride {
	return &v1alpha1.WaveOverride{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "seawall-status-probe"},
		Spec: v1alpha1.WaveOverrideSpec{
			Rollout:               v1alpha1.RolloutReference{Group: "argoproj.io", Kind: "ApplicationSet", Name: "seawall-status-probe"},
			MaxFailureProbability: "0", Reason: "asks whether Seawall answers; it is never stored",
			ExpiresAt: &metav1.Time{Time: time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)},
		},
	}
}

// unreadablePolicy has a condition that is no expression, which the API server does not read. It selects
// nothing.
func unreadablePolicy() *v1alpha1.WavePolicy {
	return &v1alpha1.WavePolicy{
		ObjectMeta: metav1.ObjectMeta{Name: "seawall-status-probe"},
		Spec: v1alpha1.WavePolicySpec{
			MaxWaveFailureProbability: "1",
			MatchConditions:           []v1alpha1.MatchCondition{{Name: "never", Expression: "false &&"}},
		},
	}
}
