{{- define "shop.labels" -}}
app.kubernetes.io/name: shop
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "shop.probes" }}
          livenessProbe:
            httpGet: {path: /healthz, port: 8080}
{{- end }}
