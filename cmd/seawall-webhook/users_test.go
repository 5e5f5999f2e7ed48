package main_test

import (
	"context"
	"slices"
	"sync"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/hack/cluster"
)

// heard remembers the warnings that a client was told.
type heard struct {
	mutex sync.Mutex
	texts []string
}

// HandleWarningHeader implements rest.WarningHandler.
func (h *heard) HandleWarningHeader(_ int, _, text string) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	h.texts = append(h.texts, text)
}

func (h *heard) list() []string {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	return slices.Clone(h.texts)
}

// connect returns a client, and what it is warned of.
func connect(config *rest.Config) (client.Client, *heard) {
	GinkgoHelper()
	config = rest.CopyConfig(config)
	warnings := &heard{}
	config.WarningHandler = warnings
	connected, err := client.New(config, client.Options{Scheme: api.Scheme()})
	Expect(err).NotTo(HaveOccurred())
	return connected, warnings
}

// actingAs returns a client of a user who may do what was granted and nothing more.
func actingAs(user string) (client.Client, *heard) {
	GinkgoHelper()
	config := rest.CopyConfig(plane.Config)
	config.Impersonate = rest.ImpersonationConfig{UserName: user, Groups: []string{"system:authenticated"}}
	return connect(config)
}

// gitOps returns a client of a service account that writes ApplicationSets, as a GitOps
// controller does.
func gitOps(ctx context.Context, name string) (client.Client, *heard) {
	GinkgoHelper()
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: cluster.ArgoCDNamespace, Name: name}}
	provide(ctx, account)
	subject := rbacv1.Subject{Kind: rbacv1.ServiceAccountKind, Namespace: cluster.ArgoCDNamespace, Name: name}
	grant(ctx, subject, writersRole(ctx, name), cluster.ArgoCDNamespace)
	config, _, err := plane.ServiceAccountConfig(ctx, cluster.ArgoCDNamespace, name)
	Expect(err).NotTo(HaveOccurred())
	return connect(config)
}

// writersRole creates a ClusterRole of who writes ApplicationSets, and returns its name.
func writersRole(ctx context.Context, name string) string {
	GinkgoHelper()
	role := &rbacv1.ClusterRole{
		ObjectMeta: metav1.ObjectMeta{Name: "writes-applicationsets-" + name},
		Rules: []rbacv1.PolicyRule{{
			APIGroups: []string{"argoproj.io"}, Resources: []string{"applicationsets"},
			Verbs: []string{"get", "list", "watch", "create", "update", "patch", "delete"},
		}},
	}
	provide(ctx, role)
	return role.Name
}

// make1 creates an object that is deleted again after the spec.
func provide(ctx context.Context, object client.Object) {
	GinkgoHelper()
	Expect(api.Create(ctx, object)).To(Succeed())
	DeferCleanup(func(ctx context.Context) { Expect(client.IgnoreNotFound(api.Delete(ctx, object))).To(Succeed()) })
}

// user is the subject of a user.
func user(name string) rbacv1.Subject {
	return rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: name}
}

// grant binds a ClusterRole until the spec ends: in a namespace, or everywhere without one.
func grant(ctx context.Context, subject rbacv1.Subject, role, namespace string) {
	GinkgoHelper()
	metadata := metav1.ObjectMeta{Namespace: namespace, GenerateName: "test-"}
	reference := rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role}
	if namespace == "" {
		provide(ctx, &rbacv1.ClusterRoleBinding{ObjectMeta: metadata, RoleRef: reference, Subjects: []rbacv1.Subject{subject}})
	} else {
		provide(ctx, &rbacv1.RoleBinding{ObjectMeta: metadata, RoleRef: reference, Subjects: []rbacv1.Subject{subject}})
	}
}

// may tells whether RBAC lets a client do something to Seawall's own objects.
func may(ctx context.Context, asking client.Client, verb, resource, subresource, namespace string) bool {
	GinkgoHelper()
	review := &authorizationv1.SelfSubjectAccessReview{Spec: authorizationv1.SelfSubjectAccessReviewSpec{
		ResourceAttributes: &authorizationv1.ResourceAttributes{
			Group: "seawall.dev", Resource: resource, Subresource: subresource, Verb: verb, Namespace: namespace, Name: "some",
		},
	}}
	Expect(asking.Create(ctx, review)).To(Succeed())
	return review.Status.Allowed
}
