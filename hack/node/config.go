package node

import (
	"fmt"
	"os"
)

// restrict_oom_score_adj: without CAP_SYS_RESOURCE, as in a container, runc may not lower it as the kubelet asks.
const containerdConfig = `version = 2
root = "%[1]s/containerd"
state = "/run/containerd"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "registry.k8s.io/pause:3.10"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "%[2]s/root/usr/lib/cni"
    conf_dir = "%[1]s/cni"
`

// The network plugins make pods reach each other and the node, and enforce no NetworkPolicy.
const podNetwork = `{"cniVersion": "1.0.0", "name": "pods", "plugins": [
  {"type": "bridge", "bridge": "cni0", "isGateway": true, "hairpinMode": true,
   "ipam": {"type": "host-local", "ranges": [[{"subnet": "10.244.0.0/24"}]], "routes": [{"dst": "0.0.0.0/0"}]}}]}
`

// Whoever is in this network may ask the kubelet. Its disk is memory, and no place to save.
const kubeletConfig = `apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
failCgroupV1: false
cgroupDriver: cgroupfs
authentication: {anonymous: {enabled: true}, webhook: {enabled: false}}
authorization: {mode: AlwaysAllow}
address: ` + nodeAddress + `
containerRuntimeEndpoint: unix:///run/containerd/containerd.sock
clusterDNS: [10.0.0.10]
resolvConf: ""
podLogsDir: %[1]s/podlogs
makeIPTablesUtilChains: false
failSwapOn: false
imageGCHighThresholdPercent: 100
imageGCLowThresholdPercent: 99
evictionHard: {memory.available: 100Mi, nodefs.available: 1%%, imagefs.available: 1%%}
nodeStatusUpdateFrequency: 2s
`

const proxyConfig = `apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: nftables
clientConnection: {kubeconfig: %[1]s}
clusterCIDR: 10.244.0.0/16
hostnameOverride: ` + nodeName + `
bindAddress: ` + nodeAddress + `
conntrack: {maxPerCore: 0, tcpCloseWaitTimeout: 0s, tcpEstablishedTimeout: 0s}
`

// writeConfig writes what does not depend on a running API server.
func (n *Node) writeConfig() error {
	for _, folder := range []string{"cni", "containerd", "podlogs"} {
		if err := os.Mkdir(n.path(folder), 0o700); err != nil {
			return err
		}
	}
	for name, text := range map[string]string{
		"containerd.toml":      fmt.Sprintf(containerdConfig, n.dir, n.artifacts),
		"cni/10-pods.conflist": podNetwork,
		"kubelet.yaml":         fmt.Sprintf(kubeletConfig, n.dir),
	} {
		if err := os.WriteFile(n.path(name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}
