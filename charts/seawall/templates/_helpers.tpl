{{/* The name of most objects: that of the release, with "seawall" in it. */}}
{{- define "seawall.name" -}}
{{ contains "seawall" .Release.Name | ternary .Release.Name (printf "%s-seawall" .Release.Name) }}
{{- end }}

{{- define "seawall.selector" -}}
app.kubernetes.io/name: seawall
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "seawall.labels" -}}
{{ include "seawall.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "seawall.serviceAccount" -}}
{{ .Values.serviceAccount.name | default (.Values.serviceAccount.create | ternary (include "seawall.name" .) "default") }}
{{- end }}

{{/* The Secret that holds the serving certificate. That of cert-manager has a name of its
own, so that the mode can be changed and changed back. */}}
{{- define "seawall.certificate" -}}
{{- $suffix := eq .Values.certificates.mode "self" | ternary "certificate" "tls" -}}
{{ .Values.certificates.existingSecret.name | default (printf "%s-%s" (include "seawall.name" .) $suffix) }}
{{- end }}

{{/* The ConfigMap that holds the authorities of those who may call, empty for whoever can. */}}
{{- define "seawall.clientCA" -}}
{{ with .Values.webhook.clientCA.pem }}{{ include "seawall.name" $ }}-client-ca{{ else }}{{ .Values.webhook.clientCA.configMap }}{{ end }}
{{- end }}

{{/* The host at which the API server calls: a DNS name, or with remote.url perhaps an IP address. */}}
{{- define "seawall.host" -}}
{{ with .Values.remote.url }}{{ (urlParse .).hostname }}{{ else }}{{ include "seawall.name" . }}.{{ .Release.Namespace }}.svc{{ end }}
{{- end }}

{{/* Whether this installation holds what runs. */}}
{{- define "seawall.runs" -}}
{{ if ne .Values.remote.part "Guarded" }}true{{ end }}
{{- end }}

{{/* Whether this installation holds what the API server that is guarded needs. */}}
{{- define "seawall.guards" -}}
{{ if ne .Values.remote.part "Workload" }}true{{ end }}
{{- end }}

{{/* Fails where values of "remote" do not go together. */}}
{{- define "seawall.checkRemote" -}}
{{- range .Values.rolloutKinds -}}
{{- if and (has .group (list "apps" "batch")) (not $.Values.remote.workloadTemplates) -}}
{{- fail (printf "rolloutKinds: group %q is Kubernetes' own, whose workloads run where they are written: only with remote.workloadTemplates" .group) -}}
{{- end -}}
{{- end -}}
{{- if not .Values.remote.part -}}
{{- if or .Values.remote.url .Values.remote.kubeconfigSecret .Values.remote.workloadTemplates .Values.remote.loadBalancer.create -}}
{{- fail "remote.part is empty: set it to Workload or to Guarded, or nothing else of remote" -}}
{{- end -}}
{{- else -}}
{{- if not .Values.remote.url -}}
{{- fail "remote.url is empty: set it to where the API server that is guarded calls, such as https://seawall.seawall-system.svc:443" -}}
{{- end -}}
{{- if and (include "seawall.runs" .) (not .Values.remote.kubeconfigSecret) -}}
{{- fail "remote.kubeconfigSecret is empty: set it to a Secret whose key kubeconfig says how to reach the API server that is guarded" -}}
{{- end -}}
{{- if eq .Values.certificates.mode "cert-manager" -}}
{{- fail "certificates.mode is cert-manager: with remote.part set it to self or existingSecret" -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/* The namespaces whose rollouts are not judged, in JSON. */}}
{{- define "seawall.excludedNamespaces" -}}
{{ concat (list "kube-system" .Release.Namespace) .Values.webhook.excludedNamespaces | uniq | toJson }}
{{- end }}

{{/* GOMEMLIMIT for a memory limit in Mi or Gi: nine tenths of it. */}}
{{- define "seawall.memoryLimit" -}}
{{ div (mul (regexFind "[0-9]+" . | int) (hasSuffix "Gi" . | ternary 1024 1) 9) 10 }}MiB
{{- end }}

{{/*
Whether the namespace of Argo CD exists, as far as Helm can ask: without a cluster, as in
"helm template", it is taken to. A namespace that does not exist can hold no Role.
*/}}
{{- define "seawall.hasArgoCD" -}}
{{- if or (not (lookup "v1" "Namespace" "" "kube-system")) (lookup "v1" "Namespace" "" .Values.argocd.namespace) }}true{{ end }}
{{- end }}

{{/* What says which environments exist, and the rollouts themselves: the rules of a ClusterRole. */}}
{{- define "seawall.reads" -}}
- apiGroups: [""]
  resources: [namespaces]
  verbs: [get, list, watch]
# What says which environments exist: see docs/kinds.md.
{{- with .Files.Get "files/reads.yaml" | fromYamlArray }}
{{ toYaml . }}
{{- end }}
# The rollouts themselves, for the re-count, for previews of policies and to see whether the write is
# stored that an override for one use is reserved for; never to write one.
{{- with .Files.Get "files/rollouts.yaml" | fromYamlArray }}
{{ toYaml . }}
{{- end }}
{{- range .Values.rolloutKinds }}
- apiGroups: [{{ .group }}]
  resources: [{{ .resource }}]
  verbs: [get, list, watch]
{{- with .inventory }}
- apiGroups: [{{ .group }}]
  resources: [{{ .resource }}]
  verbs: [get, list, watch]
{{- end }}
{{- range .related }}
- apiGroups: [{{ .group }}]
  resources: [{{ .resource }}]
  verbs: [get, list, watch]
{{- end }}
{{- end }}
{{- end }}

{{/* The expression that is false for Applications of a namespace/name, in which * is any number of characters. */}}
{{- define "seawall.notExempt" -}}
{{- $pattern := regexQuoteMeta . | replace "\\*" "[^/]*" -}}
!(request.namespace + '/' + request.name).matches('^{{ $pattern | replace "\\" "\\\\" }}$')
{{- end }}

{{/* The user as which a controller of Argo CD, or of Kargo, writes. */}}
{{- define "seawall.argocdUser" -}}
system:serviceaccount:{{ index . 0 }}:{{ index . 1 }}
{{- end }}

{{/* The user who has Argo CD look at Applications. */}}
{{- define "seawall.nudgerUser" -}}
system:serviceaccount:{{ .Release.Namespace }}:{{ include "seawall.name" . }}-nudger
{{- end }}
