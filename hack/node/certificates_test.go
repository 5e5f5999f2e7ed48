package node

import (
	"encoding/base64"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/cert"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/seawall-dev/seawall/hack/cluster"
)

const ownCertificate = "seawall-own"

func certificates() {
	It("replaces its certificate without a failed write", func(ctx SpecContext) {
		secret := &corev1.Secret{}
		key := client.ObjectKey{Namespace: cluster.Namespace, Name: release + "-certificate"}
		Expect(api.Get(ctx, key, secret)).To(Succeed())
		load := underLoad(ctx, func() {
			succeed(ctx, "-n", cluster.Namespace, "patch", "secret", secret.Name, "--type=merge", `--patch={"data":null}`)
			Eventually(func(g Gomega) {
				fresh := &corev1.Secret{}
				g.Expect(api.Get(ctx, key, fresh)).To(Succeed())
				g.Expect(fresh.Data).NotTo(BeEmpty())
				g.Expect(fresh.Data).NotTo(Equal(secret.Data))
			}).Should(Succeed())
		})
		Expect(load.Failed()).To(BeZero(), load.String)
	})

	It("changes from its own certificate to that of a Secret and back without a failed write", func(ctx SpecContext) {
		bundle := base64.StdEncoding.EncodeToString(createCertificate(ctx))
		load := underLoad(ctx, func() {
			runHelm(ctx, "upgrade", release, chart, "--set", "certificates.mode=existingSecret",
				"--set", "certificates.existingSecret.name="+ownCertificate, "--set", "certificates.existingSecret.caBundle="+bundle)
			rolledOut(ctx)
			runHelm(ctx, "upgrade", release, chart, "--reset-values")
			rolledOut(ctx)
		})
		Expect(load.Failed()).To(BeZero(), load.String)
	})
}

// createCertificate makes a certificate for the Service, and a Secret of it for the time of the spec, and returns
// its authority.
func createCertificate(ctx SpecContext) []byte {
	GinkgoHelper()
	certificate, key, err := cert.GenerateSelfSignedCertKey(release+"."+cluster.Namespace+".svc", nil, nil)
	Expect(err).NotTo(HaveOccurred())
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: cluster.Namespace, Name: ownCertificate},
		Type:       corev1.SecretTypeTLS,
		Data:       map[string][]byte{corev1.TLSCertKey: certificate, corev1.TLSPrivateKeyKey: key},
	}
	Expect(api.Create(ctx, secret)).To(Succeed())
	DeferCleanup(func(ctx SpecContext) { Expect(api.Delete(ctx, secret)).To(Succeed()) })
	return certificate
}
