/// A valid catalog document of each kind, for tests that change them.
package enum GoodDocuments {
    package static let count = 8

    /// The document of a kind, chosen by the number.
    package static func document(_ number: Int, name: String) -> String {
        let (kind, metadata, spec) = parts[number % count]
        return """
            # Who is asked is who is named here.
            apiVersion: backstage.io/v1alpha1
            kind: \(kind)
            metadata:
              name: \(name)
            \(metadata)
            spec:
            \(spec)

            """
    }

    private static let parts: [(kind: String, metadata: String, spec: String)] = [
        (
            "Component",
            """
              title: The "Shop"
              annotations:
                backstage.io/kubernetes-label-selector: app in (shop,cart),tier!=test
                github.com/project-slug: acme/shop
              labels: {tier: front}
              tags: [java, web]
              links:
                - url: https://shop.example.com
                  title: Shop
            """,
            """
              type: service
              lifecycle: production
              owner: group:default/payments
              system: sales
              dependsOn: ['resource:orders', component:default/cart]
              providesApis:
                - orders
            """
        ),
        (
            "API", "  description: |\n    Orders,\n    and their lines.",
            "  type: openapi\n  lifecycle: production\n  owner: payments\n  definition: |\n    openapi: 3.1.0\n    info: {title: x}"
        ),
        ("Resource", "  namespace: stores", "  type: database\n  owner: user:ada\n  dependencyOf: ['component:shop']"),
        ("System", "  annotations: {}", "  owner: payments\n  domain: sales"),
        ("Domain", "  title: Sales", "  owner: payments\n  subdomainOf: trade"),
        (
            "Group", "  title: Payments",
            "  type: team\n  children: []\n  members: [ada, grace]\n  profile: {displayName: Payments, email: a@b.example}"
        ),
        ("User", "  title: Ada", "  memberOf: [payments]\n  profile: {displayName: Ada}"),
        ("Location", "  title: More", "  type: url\n  targets: ['https://example.com/a.yaml', https://host/b.yaml]"),
    ]
}
