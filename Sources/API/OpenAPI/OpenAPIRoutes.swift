internal import Actions
internal import Base
internal import HTTPServer

/// The descriptions of the REST routes, for whoever may use one of them.
struct OpenAPIRoutes {
    /// Put together once. That this fails is a mistake in the texts, which tests find.
    private let catalog: Result<OpenAPIDescription, any Error>
    private let callboard: Result<OpenAPIDescription, any Error>
    /// Nil: its routes are not there.
    private let scaleOps: Result<OpenAPIDescription, any Error>?

    init(registry: ActionRegistry, withScaleOps hasScaleOps: Bool) {
        catalog = Result { try OpenAPIDescription(Self.catalogTexts, registry: registry) }
        callboard = Result { try OpenAPIDescription(Self.callboardTexts, registry: registry) }
        scaleOps = hasScaleOps ? Result { try OpenAPIDescription(Self.scaleOpsTexts, registry: registry) } : nil
    }

    var routes: [Route] {
        var routes = [
            Route("/api/catalog/openapi.json") { [catalog] _ in .json(200, try catalog.get().json) },
            Route("/api/callboard/openapi.json") { [callboard] _ in .json(200, try callboard.get().json) },
        ]
        if let scaleOps {
            routes.append(Route("/api/scaleops/openapi.json") { _ in .json(200, try scaleOps.get().json) })
        }
        return routes
    }

    static let catalogTexts = [
        PackageResources.common_yaml, PackageResources.catalog_yaml, PackageResources.entity_yaml,
        PackageResources.queries_yaml, PackageResources.lists_yaml, PackageResources.entities_yaml,
        PackageResources.locations_yaml, PackageResources.checks_yaml,
    ]

    static let callboardTexts = [
        PackageResources.common_yaml, PackageResources.callboard_yaml, PackageResources.costs_yaml,
        PackageResources.sources_yaml, PackageResources.notifications_yaml, PackageResources.audit_yaml,
        PackageResources.entity_yaml, PackageResources.kubernetes_yaml, PackageResources.operations_yaml,
        PackageResources.actions_yaml, PackageResources.grants_yaml,
    ]

    static let scaleOpsTexts = [PackageResources.common_yaml, PackageResources.scaleops_yaml]
}
