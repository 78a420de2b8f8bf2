import Base
import Catalog

/// A canonical file with every section.
let canonicalSample = """
    version: "1.4"
    updated: 2026-02-11
    systems:
      claude-infrastructure: {description: What agents run on, domain: engineering}
    repositories:
      liquidation_heatmap:
        path: /srv/liquidation_heatmap
        language: python
        framework: FastAPI
        test_command: uv run pytest
        features: [TDD guard, backtest]
        github: acme/liquidation-heatmap
        grafana: folder=trading
        system: claude-infrastructure
      nautilus_dev:
        description: Trading
        type: library
        lifecycle: experimental
        owner: group:default/traders
        tags: [trading]
        techdocs: true
        github: {org: acme, repo: nautilus}
    mcp:
      ssot: ~/.mcp.json
      global_servers: [context7, sentry]
      project_servers:
        nautilus_dev: [linear]
    environment:
      exchange:
        file: /srv/secrets/.env.exchange
        keys: [BINANCE_KEY, BINANCE_SECRET]
        migrated_to_gsm: [BINANCE_SECRET]
    global:
      hooks:
        PreToolUse: [hooks/safety-check.py, "python3 run.py --flag"]
        Stop: [hooks/report.py]
      commands: [tdd]
    claudeflow:
      enabled: true
      mode: hybrid
      version: 2.7
      checkpoints: [{phase: plan, validator: x, threshold: 0.8}]
    thresholds: {daily_cost: 30}
    """

/// What comes of it, with the owner `group:default/platform`.
let canonicalGolden = """
    apiVersion: backstage.io/v1alpha1
    kind: Component
    metadata:
      name: context7
      namespace: default
    spec:
      type: mcp-server
      owner: group:default/platform
      lifecycle: production
    ---
    apiVersion: backstage.io/v1alpha1
    kind: Component
    metadata:
      name: linear
      namespace: default
    spec:
      type: mcp-server
      owner: group:default/platform
      lifecycle: production
    ---
    apiVersion: backstage.io/v1alpha1
    kind: Component
    metadata:
      name: liquidation-heatmap
      namespace: default
      annotations:
        github.com/project-slug: acme/liquidation-heatmap
        grafana/dashboard-selector: "folder=trading"
      tags:
        - backtest
        - fastapi
        - python
        - tdd-guard
    spec:
      type: service
      lifecycle: production
      owner: group:default/platform
      system: claude-infrastructure
      language: python
      framework: FastAPI
      features:
        - TDD guard
        - backtest
    ---
    apiVersion: backstage.io/v1alpha1
    kind: Component
    metadata:
      name: nautilus-dev
      namespace: default
      description: Trading
      annotations:
        backstage.io/techdocs-ref: "dir:."
        github.com/project-slug: acme/nautilus
      tags:
        - trading
    spec:
      type: library
      lifecycle: experimental
      owner: "group:default/traders"
    ---
    apiVersion: backstage.io/v1alpha1
    kind: Component
    metadata:
      name: sentry
      namespace: default
    spec:
      type: mcp-server
      owner: group:default/platform
      lifecycle: production
    ---
    apiVersion: backstage.io/v1alpha1
    kind: Resource
    metadata:
      name: claudeflow
      namespace: default
    spec:
      type: orchestrator
      owner: group:default/platform
      enabled: true
      mode: hybrid
      version: "2.7"
    ---
    apiVersion: backstage.io/v1alpha1
    kind: Resource
    metadata:
      name: env-exchange
      namespace: default
    spec:
      type: env-group
      owner: group:default/platform
      file: "/srv/secrets/.env.exchange"
      keys:
        - BINANCE_KEY
        - BINANCE_SECRET
    ---
    apiVersion: backstage.io/v1alpha1
    kind: Resource
    metadata:
      name: global-hooks
      namespace: default
    spec:
      type: hook-set
      owner: group:default/platform
      events:
        PreToolUse:
          count: 2
          scripts:
            - safety-check.py
        Stop:
          count: 1
          scripts:
            - report.py
    ---
    apiVersion: backstage.io/v1alpha1
    kind: Resource
    metadata:
      name: mcp-profile-global
      namespace: default
    spec:
      type: mcp-profile
      owner: group:default/platform
      dependsOn:
        - "component:default/context7"
        - "component:default/sentry"
    ---
    apiVersion: backstage.io/v1alpha1
    kind: Resource
    metadata:
      name: mcp-profile-nautilus-dev
      namespace: default
    spec:
      type: mcp-profile
      owner: group:default/platform
      dependsOn:
        - "component:default/context7"
        - "component:default/linear"
        - "component:default/sentry"
    ---
    apiVersion: backstage.io/v1alpha1
    kind: System
    metadata:
      name: claude-infrastructure
      namespace: default
      description: What agents run on
    spec:
      owner: group:default/platform
      domain: engineering
    """

func canonical(_ text: String, _ change: (inout CanonicalSettings) -> Void = { _ in }) -> CanonicalReading {
    CanonicalReading(Array(text.utf8), settings: canonicalSettings(change))
}

func canonicalSettings(_ change: (inout CanonicalSettings) -> Void = { _ in }) -> CanonicalSettings {
    var settings = CanonicalSettings(name: "main")
    settings.owner = "group:default/platform"
    change(&settings)
    return settings
}

extension CanonicalReading {
    var refs: [String] { entities.map(\.entity.ref.canonical) }
    func entity(_ ref: String) -> JSONValue? {
        entities.first { $0.entity.ref.canonical == ref }.map { .object($0.entity.definition) }
    }
    /// `line:column`, and what is wrong there.
    var complaints: [String] { problems.map(Self.shown) }
    var remarks: [String] { warnings.map(Self.shown) }
    private static func shown(_ problem: DocumentProblem) -> String {
        let position = problem.location.position
        return "\(position?.line ?? 0):\(position?.column ?? 0) \(problem.message)"
    }
}
