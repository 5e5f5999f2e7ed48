package standing

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const (
	wavesHook         = "waves.seawall.dev"
	configurationHook = "configuration.seawall.dev"
	ownSuffix         = ".seawall.dev"
)

// registered is where the API server calls.
type registered struct {
	// namespace is that of the Service, url where there is none.
	namespace, url string
}

// registration checks whether the API server is told to ask, and whom it trusts.
func (a Asker) registration(ctx context.Context) (registered, []Check) {
	const name, trust = "registered", "trusted"
	const right = "the verb list on validatingwebhookconfigurations.admissionregistration.k8s.io"
	var list admissionregistrationv1.ValidatingWebhookConfigurationList
	if err := a.Client.List(ctx, &list); err != nil {
		return registered{}, []Check{unseen(name, right, err), {trust, Unknown, "as above"}}
	}
	for i := range list.Items {
		hooks := ownHooks(list.Items[i].Webhooks)
		waves := slices.IndexFunc(hooks, func(h admissionregistrationv1.ValidatingWebhook) bool { return h.Name == wavesHook })
		if waves < 0 {
			continue
		}
		target := targetOf(&hooks[waves])
		check := Check{name, OK, fmt.Sprintf("ValidatingWebhookConfiguration %s, failurePolicy %s, %s",
			list.Items[i].Name, policyOf(&hooks[waves]), target)}
		return target, []Check{check, trusted(trust, hooks)}
	}
	return registered{}, []Check{
		{name, Failed, "no ValidatingWebhookConfiguration has a webhook " + wavesHook + ": no rollout is judged"},
		{trust, Failed, "as above"},
	}
}

func ownHooks(hooks []admissionregistrationv1.ValidatingWebhook) []admissionregistrationv1.ValidatingWebhook {
	return slices.DeleteFunc(slices.Clone(hooks), func(h admissionregistrationv1.ValidatingWebhook) bool {
		return !strings.HasSuffix(h.Name, ownSuffix)
	})
}

func policyOf(hook *admissionregistrationv1.ValidatingWebhook) admissionregistrationv1.FailurePolicyType {
	if hook.FailurePolicy == nil {
		return admissionregistrationv1.Fail
	}
	return *hook.FailurePolicy
}

func targetOf(hook *admissionregistrationv1.ValidatingWebhook) registered {
	switch {
	case hook.ClientConfig.Service != nil:
		return registered{namespace: hook.ClientConfig.Service.Namespace}
	case hook.ClientConfig.URL != nil:
		return registered{url: *hook.ClientConfig.URL}
	default:
		return registered{}
	}
}

func (r registered) String() string {
	if r.url != "" {
		return "reached at " + r.url
	}
	return "reached by a Service in " + r.namespace
}

// trusted checks that the API server knows by whom the certificate of each webhook is.
func trusted(name string, hooks []admissionregistrationv1.ValidatingWebhook) Check {
	var ends time.Time
	for i := range hooks {
		end, err := lastOf(hooks[i].ClientConfig.CABundle)
		if err != nil {
			return Check{name, Failed, "caBundle of webhook " + hooks[i].Name + " " + err.Error()}
		}
		if ends.IsZero() || end.Before(ends) {
			ends = end
		}
	}
	if ends.Before(time.Now()) {
		return Check{name, Failed, "the authority of caBundle ended " + ends.UTC().Format(time.RFC3339)}
	}
	return Check{name, OK, "by an authority until " + ends.UTC().Format(time.DateOnly)}
}

// lastOf returns when the last authority of a bundle ends.
func lastOf(bundle []byte) (time.Time, error) {
	var last time.Time
	if len(bundle) == 0 {
		return last, errors.New("is empty: the API server trusts nobody there")
	}
	for block, rest := pem.Decode(bundle); block != nil; block, rest = pem.Decode(rest) {
		authority, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return last, fmt.Errorf("is no certificate: %w", err)
		}
		if authority.NotAfter.After(last) {
			last = authority.NotAfter
		}
	}
	if last.IsZero() {
		return last, errors.New("is no certificate in PEM")
	}
	return last, nil
}

// Deployments returns those of Seawall in a namespace; in all without one.
func Deployments(ctx context.Context, reader client.Reader, namespace string) ([]appsv1.Deployment, error) {
	var list appsv1.DeploymentList
	err := reader.List(ctx, &list, client.InNamespace(namespace), client.MatchingLabels{"app.kubernetes.io/name": "seawall"})
	return list.Items, err
}

// replicas checks whether one is ready.
func (a Asker) replicas(ctx context.Context, at registered, report *Report) Check {
	const name = "ready"
	found, err := Deployments(ctx, a.Client, a.Home)
	switch {
	case err != nil:
		return unseen(name, "the verb list on deployments.apps in namespace "+a.Home, err)
	case len(found) == 0 && at.url != "":
		return Check{name, OK, "no Deployment here: Seawall runs elsewhere, " + at.String()}
	case len(found) == 0:
		return Check{name, Failed, "no Deployment of Seawall in namespace " + a.Home}
	}
	deployment := &found[0]
	report.Version, report.Image = VersionOf(deployment)
	wanted := int32(1)
	if deployment.Spec.Replicas != nil {
		wanted = *deployment.Spec.Replicas
	}
	ready := deployment.Status.ReadyReplicas
	check := Check{name, OK, fmt.Sprintf("Deployment %s/%s: %d of %d replicas", deployment.Namespace, deployment.Name, ready, wanted)}
	if ready == 0 {
		check.State = Failed
	}
	return check
}

// VersionOf returns what a Deployment says of its version, and its image.
func VersionOf(deployment *appsv1.Deployment) (version, image string) {
	for _, container := range deployment.Spec.Template.Spec.Containers {
		image = container.Image
		break
	}
	return deployment.Labels["app.kubernetes.io/version"], image
}
