package flux

import "fmt"

// Namespace is where Flux is installed, and where its objects are.
const Namespace = "flux-system"

// The programs are named as in Flux's own installation, and so are the service accounts as which
// they run.
const (
	sourceController    = "source-controller"
	kustomizeController = "kustomize-controller"
	helmController      = "helm-controller"
)

// program is one of Flux's controllers.
type program struct {
	name string
	args []string
	// ready is a URL that answers when the program is ready.
	ready string
}

const (
	// portCount is how many ports the programs take together.
	portCount = 7
	// atOnce is how many Kustomizations or HelmReleases a controller takes up at once: Flux has them wait
	// for what they apply to become healthy, so that fewer would be a gate of its own.
	atOnce = 20
)

// programs returns Flux's controllers, those first that others call. The folder for artifacts has to
// be there: source-controller does not make it.
func programs(ports []string, artifacts string) []program {
	loopback := func(i int) string { return "127.0.0.1:" + ports[i] }
	deployer := func(name string, port int) program {
		return program{
			name: name,
			args: []string{
				"--watch-all-namespaces", "--metrics-addr=" + loopback(port), "--health-addr=" + loopback(port+1),
				fmt.Sprintf("--concurrent=%d", atOnce),
			},
			ready: "http://" + loopback(port+1) + "/readyz",
		}
	}
	return []program{{
		name: sourceController,
		args: []string{
			"--watch-all-namespaces", "--metrics-addr=" + loopback(0), "--health-addr=" + loopback(1),
			"--storage-path=" + artifacts, "--storage-addr=" + loopback(2), "--storage-adv-addr=" + loopback(2),
		},
		ready: "http://" + loopback(1) + "/readyz",
	}, deployer(kustomizeController, 3), deployer(helmController, 5)}
}
