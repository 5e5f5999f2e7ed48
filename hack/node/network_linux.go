package node

import (
	"errors"
	"fmt"
	"net"
	"os"

	"github.com/vishvananda/netlink"
)

// network makes the network of the namespace that this process was put into. A bridge without ports holds
// the address of the node, for not every kernel has dummy devices. A way out that leads nowhere lets the API
// server send to addresses of Services, which kube-proxy then rewrites.
func network() error {
	if name, err := os.Hostname(); err != nil || name != nodeName {
		return errors.Join(err, fmt.Errorf("this is the machine %q itself: run make test-node", name))
	}
	loopback, err := netlink.LinkByName("lo")
	if err != nil {
		return err
	}
	address, err := netlink.ParseAddr(nodeAddress + "/24")
	if err != nil {
		return err
	}
	bridge := &netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: "node0"}}
	if err := netlink.LinkAdd(bridge); err != nil {
		return err
	}
	if err := errors.Join(netlink.LinkSetUp(loopback), netlink.AddrAdd(bridge, address), netlink.LinkSetUp(bridge)); err != nil {
		return err
	}
	nowhere := &netlink.Route{LinkIndex: bridge.Attrs().Index, Gw: net.ParseIP(nowhereAddress), Flags: int(netlink.FLAG_ONLINK)}
	if err := netlink.RouteAdd(nowhere); err != nil {
		return err
	}
	return os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("1"), 0o600)
}
