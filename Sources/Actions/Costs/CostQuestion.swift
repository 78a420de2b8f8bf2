internal import Base
internal import Costs
internal import Store

/// What most cost actions are asked: of what, in which window, and by whose word.
struct CostQuestion: Sendable {
    let scope: CostScopeArgument
    let window: String
    let source: CostSource?

    /// - Parameter window: what counts when it is left out.
    init(_ arguments: JSONObject, window fallback: String) throws(ActionError) {
        scope = try CostScopeArgument(arguments)
        window = arguments["window"]?.stringValue ?? fallback
        source = Self.source(arguments)
    }

    /// The `source` argument; the schema has let pass no other names.
    static func source(_ arguments: JSONObject) -> CostSource? {
        arguments["source"]?.stringValue.flatMap(CostSource.init(name:))
    }

    /// The input properties.
    static func schemas(window fallback: String) -> JSONObject {
        var schemas = CostScopeArgument.schemas
        schemas["window"] = CostWindowArgument.schema(fallback)
        schemas["source"] = sourceSchema
        return schemas
    }

    static let sourceSchema = Schema.choice(
        CostSource.allCases.map(\.name),
        "Whose figures; of each cluster the one that counts when left out. Sources are never added up.")
}

/// What an answer about costs is made with, and what every one of them tells beside its figures.
struct CostDesk: Sendable {
    let store: Store
    /// ISO 4217 code of the configured prices.
    let currency: String
    let now: @Sendable () -> Timestamp

    /// The output properties that `frame` gives.
    static let frameSchemas: JSONObject = [
        "window": windowSchema,
        "source": Schema.string(
            "Whose figures they are; several where clusters have different ones. estimate is Callboard's own."),
        "currency": Schema.string("ISO 4217 code of the amounts."),
        "dataThrough": Schema.orNull(
            Schema.string("Up to when costs are recorded, RFC 3339; null before the first. What is later is missing.")),
        "priceQuality": Schema.list(
            ["type": "string"], "How the prices of the nodes are known now: \(qualities). Empty: not known."),
        "notCovered": Output.notCoveredSchema,
    ]
    private static let qualities = PriceQuality.allCases.map(\.rawValue).joined(separator: ", ")

    static let windowSchema = Schema.complete([
        "from": Schema.string("Start, RFC 3339."), "to": Schema.string("End, not included, RFC 3339."),
    ])

    /// - Throws: `StoreError`.
    func frame(_ window: Range<Timestamp>, _ scope: CostScope, _ source: CostSource?) async throws -> JSONObject {
        let known = try await freshness(scope, source)
        let uses = try await store.costs.priceUses(in: window).filter { scope.concerns(cluster: $0.cluster) }
        let qualities = PriceQuality.allCases.map(\.rawValue).filter { quality in
            uses.contains { $0.quality == quality }
        }
        return [
            "window": Self.window(window), "source": .string(Self.sources(known, source)),
            "currency": .string(currency), "dataThrough": Output.time(known.compactMap(\.through).min()),
            "priceQuality": .array(qualities.map(JSONValue.string)), "notCovered": Output.notCovered,
        ]
    }

    /// Up to when the costs of a scope are recorded; nil: none are.
    ///
    /// - Throws: `StoreError`.
    func dataThrough(_ scope: CostScope, _ source: CostSource?) async throws -> Timestamp? {
        try await freshness(scope, source).compactMap(\.through).min()
    }

    /// Up to when a forecast of the month may take costs as recorded: as far as any cluster's are, since one that lags behind
    /// must not make the others' money that of a shorter time. Nil on the first day of the month, which says too little.
    ///
    /// - Throws: `StoreError`.
    func forecastBasis(_ scope: CostScope, _ source: CostSource?) async throws -> Timestamp? {
        let through = try await freshness(scope, source).compactMap(\.through).max()
        let begins = CalendarMonth(containing: now()).start.adding(seconds: 86_400)
        return through.flatMap { $0 >= begins ? $0 : nil }
    }

    private func freshness(_ scope: CostScope, _ source: CostSource?) async throws -> [CostFreshness] {
        try await store.costs.freshness().filter { one in
            scope.concerns(cluster: one.cluster) && source.map { $0 == one.source } ?? one.isPrimary
        }
    }

    private static func sources(_ known: [CostFreshness], _ source: CostSource?) -> String {
        if let source { return source.name }
        let names = CostSource.allCases.filter { one in known.contains { $0.source == one } }.map(\.name)
        return names.isEmpty ? CostSource.estimate.name : names.joined(separator: ", ")
    }

    static func window(_ window: Range<Timestamp>) -> JSONValue {
        ["from": Output.time(window.lowerBound), "to": Output.time(window.upperBound)]
    }

    /// What the present day has cost so far, for windows that leave it out; null for others.
    ///
    /// - Throws: `StoreError`.
    func today(_ argument: CostWindowArgument, _ selection: CostSelection) async throws -> JSONValue {
        guard let today = argument.today else { return .null }
        let cost = try await store.costs.cost(selection, CostWindow(today))
        return ["window": Self.window(today), "cost": Output.cost(cost)]
    }

    static let todaySchema = Schema.orNull(
        Schema.complete(
            ["window": windowSchema, "cost": Output.costSchema],
            description: "The present UTC day so far, which the window leaves out; null when it does not."))

    /// What runs now costs, if everything stays as it is.
    ///
    /// - Throws: `StoreError`.
    func runRate(_ scope: CostScope) async throws -> JSONValue {
        let (hourly, workloads) = try await store.workloads.hourlyRate(of: scope)
        return [
            "hourly": Output.cost(hourly), "monthly": Output.cost(Output.monthly(hourly)),
            "workloads": .int(Int64(workloads)),
        ]
    }

    static let runRateSchema = Schema.complete(
        [
            "hourly": Output.costSchema, "monthly": Output.costSchema,
            "workloads": Schema.count("Workloads that run now."),
        ],
        description:
            "CPU and memory of what runs now at its present requests, an hour and a month of 730 hours: no actual "
            + "cost.")
}

extension CostWindow {
    init(_ range: Range<Timestamp>) { self.init(from: range.lowerBound, to: range.upperBound) }
}
