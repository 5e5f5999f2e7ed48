package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Expression is an expression of the Common Expression Language, with the libraries that
// Kubernetes has in ValidatingAdmissionPolicies. What it may cost is limited.
//
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=8192
type Expression string

// ResourceScope says whether objects of a kind are in namespaces.
//
// +kubebuilder:validation:Enum=Cluster;Namespaced
type ResourceScope string

const (
	// ScopeCluster is that of objects outside of all namespaces.
	ScopeCluster ResourceScope = "Cluster"
	// ScopeNamespaced is that of objects in a namespace.
	ScopeNamespaced ResourceScope = "Namespaced"
)

const (
	// ReasonConflicted says that Seawall reads the kind itself, so that the RolloutKind is
	// not used.
	ReasonConflicted = "Conflicted"
)

// RolloutKindSpec says of one resource which environments a write of it would sync.
//
// +kubebuilder:validation:XValidation:rule="self.group.contains('.') ? !self.group.endsWith('.k8s.io') && self.group != 'seawall.dev' : self.group in ['apps', 'batch']",message="group must be that of a rollout system, neither one of Kubernetes' own nor seawall.dev; or apps or batch where Seawall guards an API server whose workloads are templates",fieldPath=".group"
// +kubebuilder:validation:XValidation:rule="self.group == oldSelf.group && self.resource == oldSelf.resource && self.kind == oldSelf.kind && self.scope == oldSelf.scope",message="group, resource, kind and scope cannot be changed: create another RolloutKind"
type RolloutKindSpec struct {
	// group is the API group of the resource, such as "ran.openshift.io". Kubernetes' own apps and batch
	// are described only where Seawall guards an API server whose workloads are templates of what runs
	// elsewhere, and was told so.
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`
	Group string `json:"group,omitempty"`

	// versions are those in which the API server sends the resource to the webhook, such as
	// "v1alpha1"; the expressions must be able to read each of them.
	// +required
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=8
	// +kubebuilder:validation:items:Pattern=`^v[0-9]+((alpha|beta)[0-9]+)?$`
	// +kubebuilder:validation:items:MaxLength=63
	Versions []string `json:"versions,omitempty"`

	// resource is the plural name in URLs, such as "clustergroupupgrades".
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[a-z0-9]+$`
	Resource string `json:"resource,omitempty"`

	// kind is the name as objects spell it, such as "ClusterGroupUpgrade".
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[A-Z][A-Za-z0-9]*$`
	Kind string `json:"kind,omitempty"`

	// scope says whether objects of the kind are in namespaces.
	// +optional
	// +kubebuilder:default=Namespaced
	Scope ResourceScope `json:"scope,omitempty"`

	// inventory is the resource whose objects the expressions read as "targets". Without
	// it there is no such variable.
	// +optional
	Inventory RolloutKindInventory `json:"inventory,omitzero"`

	// related are resources that the expressions read beside the inventory, each as
	// "related.<name>": objects that a rollout names, or that name it or each other.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=4
	Related []RelatedInventory `json:"related,omitempty"`

	// variables are expressions that those below and later variables can use, as
	// "variables.<name>". One that nothing uses is not evaluated.
	// +optional
	// +listType=map
	// +listMapKey=name
	// +kubebuilder:validation:MaxItems=16
	Variables []ExpressionVariable `json:"variables,omitempty"`

	// environments yields the environments of "object": a list of names, each of which
	// counts once, or their number. It is evaluated for the written and for the stored
	// object; while a rollout is not started it should yield none. In place of a name,
	// {"name": …, "target": …} also says which object of the inventory it stands for. Where
	// not all can be known, {"atLeast": …, "because": …} says what is, and why.
	// +required
	Environments Expression `json:"environments,omitempty"`

	// waves yields how the environments are paced: the number of environments that are in
	// flight together, or a list of waves. Each is the number of its environments, a list of
	// their names, or {"environments": …, "inFlight": …}, of which the first is either, and
	// all that are left without it. Environments that are in no wave are in a last one, all
	// at once. Without waves, and where it yields null, all sync at once.
	// +optional
	Waves Expression `json:"waves,omitempty"`

	// desiredState yields the part of "object" that its environments are to become like: a
	// write that changes it changes all environments.
	// +optional
	// +kubebuilder:default="object.spec"
	DesiredState Expression `json:"desiredState,omitempty"`

	// remedy completes the sentence "At most 22 per wave: …" in a denial, in terms of the
	// rollout; "{n}" stands for the number.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	// +kubebuilder:validation:Pattern=`^[^\x00-\x1f\x7f]*$`
	Remedy string `json:"remedy,omitempty"`
}

// ExpressionVariable is an expression with a name.
type ExpressionVariable struct {
	// name is that by which other expressions use the value, after "variables.".
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[a-z][A-Za-z0-9]*$`
	Name string `json:"name,omitempty"`

	// expression yields the value of the variable.
	// +required
	Expression Expression `json:"expression,omitempty"`
}

// RelatedInventory is a resource that expressions read under a name.
type RelatedInventory struct {
	RolloutKindInventory `json:",inline"`

	// name is that by which expressions use the objects, after "related.".
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[a-z][A-Za-z0-9]*$`
	Name string `json:"name,omitempty"`
}

// RolloutKindInventory is a resource whose objects say which environments exist. Seawall
// must be allowed to get, list and watch it.
type RolloutKindInventory struct {
	// group is the API group, such as "cluster.open-cluster-management.io".
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)+$`
	Group string `json:"group,omitempty"`

	// versions are those that the expressions can read, the preferred one first.
	// +required
	// +listType=atomic
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=8
	// +kubebuilder:validation:items:Pattern=`^v[0-9]+((alpha|beta)[0-9]+)?$`
	// +kubebuilder:validation:items:MaxLength=63
	Versions []string `json:"versions,omitempty"`

	// resource is the plural name in URLs, such as "managedclusters".
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[a-z0-9]+$`
	Resource string `json:"resource,omitempty"`

	// kind is the name as objects spell it, such as "ManagedCluster".
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[A-Z][A-Za-z0-9]*$`
	Kind string `json:"kind,omitempty"`

	// fields are the paths of the fields that the expressions read, such as
	// "spec.topology", beside metadata.name, namespace and labels. Nothing else is kept in
	// memory; without any, the API server is asked for metadata only.
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=16
	// +kubebuilder:validation:items:MaxLength=253
	// +kubebuilder:validation:items:Pattern=`^[a-z][A-Za-z0-9]*(\.[A-Za-z0-9]+)*$`
	// +kubebuilder:validation:items:XValidation:rule="self != 'metadata' && !self.startsWith('metadata.')",message="metadata cannot be read but for name, namespace and labels"
	Fields []string `json:"fields,omitempty"`
}

// RolloutKindStatus says whether a kind is judged.
//
// +kubebuilder:validation:MinProperties=1
type RolloutKindStatus struct {
	// conditions hold the condition Accepted.
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=8
	Conditions []metav1.Condition `json:"conditions,omitempty"`
}

// RolloutKind makes a resource a kind of rollout, by expressions that say which
// environments a write of it would sync. Its name is "<resource>.<group>".
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Cluster,shortName=rkind,categories=seawall
// +kubebuilder:printcolumn:name="Kind",type=string,JSONPath=`.spec.kind`,description="The kind that becomes one of rollouts"
// +kubebuilder:printcolumn:name="Inventory",type=string,JSONPath=`.spec.inventory.resource`,description="What says which environments exist"
// +kubebuilder:printcolumn:name="Accepted",type=string,JSONPath=`.status.conditions[?(@.type=="Accepted")].status`,description="Whether the kind is judged"
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:validation:XValidation:rule="self.metadata.name == self.spec.resource + '.' + self.spec.group",message="metadata.name must be <resource>.<group>"
type RolloutKind struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is the standard metadata of an object.
	// +optional
	metav1.ObjectMeta `json:"metadata,omitempty,omitzero"`

	// spec says which environments a write of the resource would sync.
	// +required
	Spec RolloutKindSpec `json:"spec,omitzero"`

	// status says whether the kind is judged.
	// +optional
	Status RolloutKindStatus `json:"status,omitzero"`
}

// RolloutKindList is a list of RolloutKind.
//
// +kubebuilder:object:root=true
type RolloutKindList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`

	Items []RolloutKind `json:"items"`
}
