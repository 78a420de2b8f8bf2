import Matching
import Testing

struct EntityClaimTests {
    private func claim(_ selector: String?, _ id: String?) -> EntityClaim {
        EntitySelector.make(ref: "component:default/shop", labelSelector: selector, kubernetesID: id)
    }

    private func selector(_ claim: EntityClaim) -> EntitySelector? {
        if case .selector(let selector) = claim { selector } else { nil }
    }

    private func refusal(_ claim: EntityClaim) -> SelectorRefusal? {
        if case .refused(let refusal) = claim { refusal } else { nil }
    }

    @Test("the label selector is stronger than the id")
    func strength() {
        let claimed = selector(claim("app=shop", "shop"))
        #expect(claimed?.rule == .labelSelector)
        #expect(claimed?.selector.description == "app=shop")
    }

    @Test("the id counts where the selector is absent or blank", arguments: [nil, "", "  \t\n"])
    func fallback(text: String?) {
        let claimed = selector(claim(text, " shop "))
        #expect(claimed?.rule == .kubernetesID)
        #expect(claimed?.selector.description == "backstage.io/kubernetes-id=shop")
    }

    @Test("without either annotation an entity claims nothing", arguments: [nil, "", "\r\n "])
    func absent(text: String?) {
        #expect(claim(text, text) == .absent)
    }

    @Test("an unparsable selector matches nothing, does not fall back, and says what is wrong")
    func unparsable() {
        let refused = refusal(claim("app in shop", "shop"))
        #expect(refused?.code == .unparsable)
        #expect(
            refused?.description
                == "annotation backstage.io/kubernetes-label-selector matches no workload: "
                + "label selector, column 8: found 'shop', expected '('")
    }

    @Test("an id that no label can hold is refused")
    func invalidID() {
        #expect(refusal(claim(nil, "my shop"))?.code == .invalidKubernetesID)
        #expect(refusal(claim(nil, "shop-"))?.annotation == "backstage.io/kubernetes-id")
    }

    @Test("a selector without requirement cannot be made")
    func everything() {
        #expect(EntitySelector(entityRef: "a:b/c", selector: LabelSelector([]), rule: .labelSelector) == nil)
    }

    @Test("namespaces and clusters narrow, and blank items do not")
    func narrowing() {
        let claim = EntitySelector.make(
            ref: "component:default/shop", labelSelector: "app=shop", kubernetesID: nil,
            namespaces: EntitySelector.items(ofList: " shop, ,shop-canary,"), clusters: [" "])
        #expect(selector(claim)?.namespaces == ["shop", "shop-canary"])
        #expect(selector(claim)?.clusters == [])
        func key(_ namespace: String) -> WorkloadKey {
            WorkloadKey(cluster: "c", kind: "Deployment", namespace: namespace, name: "shop")
        }
        #expect(selector(claim)?.matches(key("shop"), labels: ["app": "shop"], templateLabels: nil) == .workload)
        #expect(selector(claim)?.matches(key("other"), labels: ["app": "shop"], templateLabels: nil) == [])
    }

    @Test("a list annotation that is absent has no items")
    func noItems() {
        #expect(EntitySelector.items(ofList: nil) == [])
        #expect(EntitySelector.items(ofList: "a") == ["a"])
    }
}
