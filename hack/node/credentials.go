package node

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"k8s.io/client-go/util/cert"
)

// writeTokens writes the file by which the API server knows the programs and their groups. A token is the name:
// nobody else is in this network.
func (n *Node) writeTokens() error {
	var lines strings.Builder
	for user, group := range map[string]string{
		"system:node:" + nodeName:        "system:nodes",
		"system:kube-proxy":              "",
		"system:kube-scheduler":          "",
		"system:kube-controller-manager": "",
	} {
		fmt.Fprintf(&lines, "%s,%s,%s,%q\n", user, user, user, group)
	}
	return os.WriteFile(n.path("tokens.csv"), []byte(lines.String()), 0o600)
}

// writeCertificate makes the certificate that the API server shows at the addresses of the node and of its
// Service, where pods look for it; envtest's own is for 127.0.0.1.
func (n *Node) writeCertificate() error {
	addresses := []net.IP{net.ParseIP(apiServiceAddress)}
	names := []string{"kubernetes", "kubernetes.default", "kubernetes.default.svc"}
	certificate, key, err := cert.GenerateSelfSignedCertKey(nodeAddress, addresses, names)
	if err != nil {
		return err
	}
	if err := os.WriteFile(n.path("api.key"), key, 0o600); err != nil {
		return err
	}
	return os.WriteFile(n.path("api.crt"), certificate, 0o600)
}

// kubeconfig writes the file by which a user connects, and returns its path.
func (n *Node) kubeconfig(user string) (string, error) {
	_, port, err := net.SplitHostPort(strings.TrimPrefix(n.Plane.Config.Host, "https://"))
	if err != nil {
		return "", fmt.Errorf("the API server's address: %w", err)
	}
	config := clientcmdapi.NewConfig()
	config.Clusters["node"] = &clientcmdapi.Cluster{
		Server: "https://" + net.JoinHostPort(nodeAddress, port), CertificateAuthority: n.path("api.crt"),
	}
	config.AuthInfos[user] = &clientcmdapi.AuthInfo{Token: user}
	config.Contexts["node"] = &clientcmdapi.Context{Cluster: "node", AuthInfo: user}
	config.CurrentContext = "node"
	path := n.path(strings.ReplaceAll(user, ":", "-") + ".kubeconfig")
	return path, clientcmd.WriteToFile(*config, path)
}

func (n *Node) path(name string) string { return filepath.Join(n.dir, name) }
