/// A reader of foreign bytes, with what must hold of it whatever the bytes are. It ends the process when that does not
/// hold, as an overrun would.
struct FuzzTarget: Sendable {
    /// Also the folder of its corpus.
    let name: String
    let run: @Sendable ([UInt8]) -> Void

    static let all = [
        list, watch, jsonList, jsonWatch, status, selector, kubeconfig, quantity, yaml, catalog, canonical, entityRef,
        cursor, mcp, token,
    ]
}
