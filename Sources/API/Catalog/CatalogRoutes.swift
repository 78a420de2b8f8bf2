internal import Actions
package import Catalog
internal import HTTPServer
internal import Store

/// What the catalog's API needs besides the database.
package struct CatalogAPIConfiguration: Sendable {
    /// Backstage's `catalog.readonly`: locations are neither registered nor changed nor removed over the API.
    package var isReadOnly = false
    /// The canonical files that are configured.
    package var canonical: [CanonicalSettings] = []
    /// Gives the bytes that a URL names, nil when nothing is there; its errors tell the caller why. Nil: no URL can be
    /// read here.
    package var readURL: (@Sendable (String) async throws -> [UInt8]?)?
    /// Which kinds may come from where, for those who try something out; nil: nobody is told.
    package var rules: CatalogRules?
    /// For who asks for all entities at once to take each part of them.
    package var sendingTime: Duration = .seconds(60)

    package init() {}
}

/// Backstage's catalog REST API under `/api/catalog`.
struct CatalogRoutes {
    let store: Store
    let configuration: CatalogAPIConfiguration

    /// No page is longer, whatever is asked for.
    static let maximumLimit = 10_000

    var routes: [Route] {
        EntityRoutes(catalog: self).routes + EntityListRoutes(catalog: self).routes
            + FacetRoutes(catalog: self).routes + LocationRoutes(catalog: self).routes
            + CheckRoutes(catalog: self).routes
    }

    /// The catalog as who sent the request may see and change it.
    func access(_ request: RouteRequest) -> CatalogAccess {
        CatalogAccess(catalog: store.catalog, caller: request.caller, isReadOnly: configuration.isReadOnly)
    }
}

extension HTTPServerResponse {
    /// 200 or 204 without a body.
    static func empty(_ status: Int) -> HTTPServerResponse { HTTPServerResponse(status: status) }
}
