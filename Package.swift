// swift-tools-version: 6.1
import PackageDescription

// The rooms of docs/architecture.md. A target's dependencies are the only rooms that it may import.
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

func room(_ name: String, imports: [Target.Dependency], resources: [Resource] = []) -> Target {
    .target(name: name, dependencies: imports, resources: resources, swiftSettings: strict)
}

func tests(_ room: String, imports: [Target.Dependency] = []) -> Target {
    .testTarget(name: room + "Tests", dependencies: [.init(stringLiteral: room)] + imports, swiftSettings: strict)
}

func system(_ name: String, pkgConfig: String, debian package: String) -> Target {
    .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([package])])
}

/// Fuzz/Targets are compiled into tests that replay what was found, or, by scripts/fuzz.sh, into libFuzzer.
let fuzz: Target =
    Context.environment["CALLBOARD_FUZZ"] == nil
    ? .testTarget(
        name: "FuzzTests", dependencies: ["Access", "MCP", "KubeClient", "Catalog", "Matching", "Base"], path: "Fuzz",
        exclude: ["corpus", "regressions", "Driver"], sources: ["Targets", "Tests"], swiftSettings: strict)
    : .executableTarget(
        name: "Fuzz", dependencies: ["Access", "MCP", "KubeClient", "Catalog", "Matching", "Base"], path: "Fuzz",
        exclude: ["corpus", "regressions", "Tests"], sources: ["Targets", "Driver"], swiftSettings: strict)

let package = Package(
    name: "callboard",
    products: [.executable(name: "callboard", targets: ["Controller"])],
    targets: [
        system("CCurl", pkgConfig: "libcurl", debian: "libcurl4-openssl-dev"),
        system("CMicrohttpd", pkgConfig: "libmicrohttpd", debian: "libmicrohttpd-dev"),
        system("CPostgres", pkgConfig: "libpq", debian: "libpq-dev"),
        system("COpenSSL", pkgConfig: "libcrypto", debian: "libssl-dev"),
        system("CYAML", pkgConfig: "yaml-0.1", debian: "libyaml-dev"),
        .systemLibrary(name: "CMemory"),
        .systemLibrary(name: "CSpawn"),
        .target(name: "CSimdjson", linkerSettings: [.linkedLibrary("simdjson")]),

        room("Base", imports: ["COpenSSL", "CYAML", "CSimdjson", "CMemory", "CSpawn"]),
        room("Matching", imports: ["Base"]),
        room("Catalog", imports: ["Base"]),
        room("Costs", imports: ["Base"]),
        room("HTTPClient", imports: ["CCurl", "Base"]),
        room("HTTPServer", imports: ["CMicrohttpd", "Base"]),
        room("KubeClient", imports: ["HTTPClient", "Base"]),
        room(
            "Store", imports: ["CPostgres", "Catalog", "Costs", "Matching", "Base"],
            resources: [.embedInCode("Migrations")]),
        room("CatalogSources", imports: ["KubeClient", "HTTPClient", "Catalog", "Base"]),
        room("CostSources", imports: ["KubeClient", "HTTPClient", "Costs", "Base"]),
        room("MCP", imports: ["HTTPServer", "Base"]),
        room("Actions", imports: ["Store", "CostSources", "Catalog", "Costs", "Matching", "Base"]),
        room(
            "Reconcilers",
            imports: [
                "KubeClient", "CatalogSources", "CostSources", "Store", "Catalog", "Costs", "Matching", "Base",
            ]),
        room("Access", imports: ["COpenSSL", "HTTPClient", "KubeClient", "Store", "Actions", "Base"]),
        room(
            "API",
            imports: [
                "Access", "Actions", "MCP", "Store", "CostSources", "KubeClient", "Catalog", "Costs", "Matching",
                "HTTPServer",
                "Base",
            ],
            resources: [.embedInCode("Description")]),
        .executableTarget(
            name: "Controller",
            dependencies: [
                "API", "Access", "Reconcilers", "Actions", "MCP", "CatalogSources", "CostSources", "KubeClient",
                "Store",
                "Matching", "Catalog", "Costs", "HTTPServer", "HTTPClient", "Base",
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "KubeBench", dependencies: ["KubeClient", "HTTPClient", "HTTPServer", "Base"],
            path: "Benchmarks/KubeBench", swiftSettings: strict),
        .executableTarget(
            name: "MatchBench", dependencies: ["Matching", "Base"], path: "Benchmarks/MatchBench",
            swiftSettings: strict),
        .executableTarget(
            name: "CostBench", dependencies: ["Store", "Costs", "Base"], path: "Benchmarks/CostBench",
            swiftSettings: strict),

        tests("Base", imports: ["TestSupport"]),
        tests("Matching", imports: ["Base", "TestSupport"]),
        tests("Catalog", imports: ["Base", "TestSupport"]),
        tests("Costs", imports: ["Base", "TestSupport"]),
        tests("HTTPClient", imports: ["Base", "HTTPServer"]),
        tests("HTTPServer", imports: ["Base", "HTTPClient"]),
        tests("KubeClient", imports: ["Base", "HTTPClient", "HTTPServer", "TestSupport"]),
        .target(
            name: "TestSupport", dependencies: ["Store", "HTTPServer", "Base"], path: "Tests/TestSupport",
            swiftSettings: strict),
        tests("Store", imports: ["Base", "Catalog", "Costs", "Matching", "TestSupport"]),
        tests("CatalogSources", imports: ["Base", "Catalog", "KubeClient", "HTTPClient", "HTTPServer", "TestSupport"]),
        tests("CostSources", imports: ["Base", "Costs", "KubeClient", "HTTPClient", "HTTPServer", "TestSupport"]),
        tests("MCP", imports: ["Base", "HTTPClient", "HTTPServer", "TestSupport"]),
        tests(
            "Access",
            imports: ["Base", "Actions", "Store", "KubeClient", "HTTPClient", "HTTPServer", "TestSupport"]),
        tests(
            "Actions",
            imports: ["Base", "Store", "CostSources", "HTTPClient", "Catalog", "Costs", "Matching", "TestSupport"]),
        tests(
            "Reconcilers",
            imports: [
                "Base", "Store", "KubeClient", "HTTPClient", "HTTPServer", "CatalogSources", "CostSources", "Catalog",
                "Costs", "Matching", "TestSupport",
            ]),
        tests(
            "API",
            imports: [
                "Base", "Access", "Actions", "Store", "CostSources", "KubeClient", "HTTPClient", "Catalog", "Costs",
                "Matching", "MCP", "HTTPServer", "TestSupport",
            ]),
        tests(
            "Controller",
            imports: [
                "Base", "Catalog", "CatalogSources", "CostSources", "Costs", "Access", "Actions", "API", "MCP", "Store",
                "KubeClient", "Reconcilers",
            ]),
        fuzz,
    ],
    swiftLanguageModes: [.v6]
)
