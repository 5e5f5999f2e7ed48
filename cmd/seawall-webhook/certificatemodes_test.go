package main_test

import (
	"context"
	"encoding/base64"
	"os"
	"path/filepath"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/cert"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/hack/cluster"
)

// What a Deployment does when its values change: a replica with the new ones becomes ready beside those with the old ones,
// and these end one by one.
var _ = Describe("the certificates of replicas that are replaced", Ordered, func() {
	var (
		own    *cluster.Cluster
		into   client.Client
		issued *cluster.Webhook
		signer authority
		folder string
	)
	trusted := func(ctx context.Context) []byte {
		GinkgoHelper()
		var hooks admissionregistrationv1.ValidatingWebhookConfiguration
		Expect(into.Get(ctx, client.ObjectKey{Name: "seawall"}, &hooks)).To(Succeed())
		for i := range hooks.Webhooks {
			Expect(hooks.Webhooks[i].ClientConfig.CABundle).To(Equal(hooks.Webhooks[0].ClientConfig.CABundle))
		}
		return hooks.Webhooks[0].ClientConfig.CABundle
	}
	mount := func(of authority) {
		GinkgoHelper()
		for name, content := range secretOf(of, []string{"localhost", "seawall.seawall-system.svc"}, time.Now()) {
			Expect(os.WriteFile(filepath.Join(folder, name), content, 0o600)).To(Succeed())
		}
	}
	// called expects that the API server is answered by one replica, and trusts others while it is.
	called := func(ctx context.Context, others ...*cluster.Webhook) {
		GinkgoHelper()
		Expect(into.Create(ctx, tenants("too-large", 100, nil), client.DryRunAll)).To(Satisfy(apierrors.IsForbidden))
		for _, other := range others {
			_, err := shownBy(ctx, other, trusted(ctx))
			Expect(err).NotTo(HaveOccurred())
		}
	}

	BeforeAll(func(ctx SpecContext) {
		var err error
		lasting := context.WithoutCancel(ctx) // longer than this step
		own, err = cluster.Start(lasting, cluster.Options{Progress: GinkgoWriter})
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(own.Stop)
		Expect(own.InstallCRDs(ctx, "argo-cd", "applicationsets.argoproj.io")).To(Succeed())
		issued, err = own.StartWebhook(lasting, cluster.WebhookOptions{})
		Expect(err).NotTo(HaveOccurred())
		into, err = client.New(own.Config, client.Options{Scheme: api.Scheme()})
		Expect(err).NotTo(HaveOccurred())
		signer, folder = newAuthority(), GinkgoT().TempDir()
		mount(signer)
	})

	It("may come from elsewhere than those before", func(ctx SpecContext) {
		called(ctx)
		before, err := cert.ParseCertsPEM(trusted(ctx))
		Expect(err).NotTo(HaveOccurred())
		bundle := base64.StdEncoding.EncodeToString([]byte(signer.pem()))
		mounted, err := issued.StartReplica(context.WithoutCancel(ctx),
			"--certificates=mounted", "--certificate-directory="+folder, "--certificate-authorities="+bundle)
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(mounted.Stop)
		called(ctx, issued, mounted)
		Expect(cert.ParseCertsPEM(trusted(ctx))).To(ConsistOf(append(before, signer.certificate)))
		Expect(os.ReadFile(mounted.LogFile)).To(
			MatchRegexp("does not trust the serving certificate|has been told of the authority of the serving certificate"), "it has waited until it does")

		By("the replicas that issued their own end, and Helm takes their Secret away")
		Expect(issued.Stop()).To(Succeed())
		secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: cluster.Namespace, Name: "seawall-certificate"}}
		Expect(into.Delete(ctx, secret)).To(Succeed())
		Consistently(func() error { _, err := shownBy(ctx, mounted, trusted(ctx)); return err }).WithTimeout(2 * time.Second).Should(Succeed())

		By("back again: while the one that leads has its certificate from elsewhere, others issue their own")
		again, err := issued.StartReplica(context.WithoutCancel(ctx))
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(again.Stop)
		_, err = shownBy(ctx, mounted, trusted(ctx))
		Expect(err).NotTo(HaveOccurred())
		_, err = shownBy(ctx, again, trusted(ctx))
		Expect(err).NotTo(HaveOccurred())
		Expect(into.Get(ctx, client.ObjectKeyFromObject(secret), secret)).To(Succeed())
		Expect(cert.ParseCertsPEM(secret.Data["ca.crt"])).To(ContainElement(signer.certificate), "for an hour")
	}, SpecTimeout(3*time.Minute))

	It("are shown once the API server trusts who has signed them", func(ctx SpecContext) {
		replica, err := issued.StartReplica(context.WithoutCancel(ctx), "--certificates=mounted", "--certificate-directory="+folder)
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(replica.Stop)
		next := newAuthority()
		mount(next)
		failures, over := make(chan error, 1), time.Now().Add(time.Minute)
		for by := signer.certificate; by != next.certificate; {
			bundle := trusted(ctx) // before the replica is asked, as an API server has it
			shown, err := shownBy(ctx, replica, bundle)
			if err != nil {
				failures <- err
				break
			}
			if shown.CheckSignatureFrom(next.certificate) == nil {
				by = next.certificate
			}
			Expect(time.Now()).To(BeTemporally("<", over), "the next certificate is not shown")
			time.Sleep(20 * time.Millisecond)
		}
		Expect(failures).NotTo(Receive())
		Expect(cert.ParseCertsPEM(trusted(ctx))).To(ContainElements(next.certificate, signer.certificate))
	}, SpecTimeout(3*time.Minute))

	It("are for the host that is called, or the replica does not become ready and says why", func(ctx SpecContext) {
		elsewhere := GinkgoT().TempDir()
		for name, content := range secretOf(signer, []string{"localhost", "elsewhere.svc"}, time.Now()) {
			Expect(os.WriteFile(filepath.Join(elsewhere, name), content, 0o600)).To(Succeed())
		}
		waiting, stop := context.WithTimeout(ctx, 10*time.Second)
		defer stop()
		_, err := issued.StartReplica(waiting, "--certificates=mounted", "--certificate-directory="+elsewhere)
		Expect(err).To(MatchError(ContainSubstring("/readyz answers 500")))
		logs, err := filepath.Glob(filepath.Join(filepath.Dir(issued.LogFile), "*.log"))
		Expect(err).NotTo(HaveOccurred())
		Expect(logs).To(ContainElement(WithTransform(func(file string) string {
			text, _ := os.ReadFile(file)
			return string(text)
		}, ContainSubstring("not seawall.seawall-system.svc"))))
	}, SpecTimeout(time.Minute))
})
