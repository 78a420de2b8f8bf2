import Access
import Base
import Testing

/// Tokens that others signed, with the keys that check them.
struct PublishedToken: Sendable, CustomTestStringConvertible {
    let source: String
    let jwk: JSONObject
    let text: String
    let algorithm: JWTAlgorithm

    var testDescription: String { source }
    /// What is signed, and the signature.
    var parts: (signed: [UInt8], signature: [UInt8]) {
        let parts = text.split(separator: ".").map(String.init)
        return (
            Array("\(parts[0]).\(parts[1])".utf8), Base64.decode(parts[2], alphabet: .urlSafe) ?? []
        )
    }

    private static let rfc7515Payload =
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"

    /// RFC 7515 A.2.
    static let rs256 = PublishedToken(
        source: "RFC 7515 A.2",
        jwk: [
            "kty": "RSA", "e": "AQAB",
            "n": """
            ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZ\
            S-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2\
            R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcD\
            TW9gb54h4FRWyuXpoQ
            """,
        ],
        text: """
            eyJhbGciOiJSUzI1NiJ9.\(rfc7515Payload).\
            cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CU\
            Ar7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_d\
            O--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0ig\
            cN_IoypGlUPQGe77Rw
            """,
        algorithm: .rs256)

    /// RFC 7515 A.3.
    static let es256 = PublishedToken(
        source: "RFC 7515 A.3",
        jwk: [
            "kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        ],
        text: """
            eyJhbGciOiJFUzI1NiJ9.\(rfc7515Payload).\
            DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q
            """,
        algorithm: .es256)

    /// RFC 8037 A.4, whose payload is no JSON.
    static let edDSA = PublishedToken(
        source: "RFC 8037 A.4",
        jwk: ["kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"],
        text: """
            eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.\
            hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg
            """,
        algorithm: .edDSA)

    /// RFC 7515 A.1, whose key is a secret.
    static let hs256 = """
        eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.\(rfc7515Payload).dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk
        """
    static let hs256Secret = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"

    /// For the algorithms of which no RFC has a token with JSON in it: made with PyJWT 2.15.1.
    static let made: [PublishedToken] = [
        PublishedToken(
            source: "PyJWT RS384", jwk: madeRSA,
            text: """
                eyJhbGciOiJSUzM4NCJ9.eyJzdWIiOiJhbm4ifQ.\
                WZQVtC4xD8nLrW9HXxnqLVeYEFhmYdNDI4BoAG9RsT0qOCBusgzppwnE435XFE1HpYqpaAPg9JCiw_bszaCB2Dj78IceeWOoZc7TACdW\
                PPyd8so4lRc1lMeKSjj0Aw92VGbTKmjTggygwhDVVdcWxSd-bXKLp-2lmGPZRuhbPvJL1mtqnS_2M5gMXHlZYZYAP6bQovwqfhwjEyZu\
                D3rxI3x3oqgV8Mm4GYGTWjtJw7VqHh1PuAhZVp8s2iSVSNiIAR9dspBS2MBmQx15MnVXDjzZ42g8MFG3JBGSYLQcNxoh5ci_e7VeC7Sc\
                2TIxgkugcVhEVg4pWB4ZqOEv42E4XA
                """,
            algorithm: .rs384),
        PublishedToken(
            source: "PyJWT RS512", jwk: madeRSA,
            text: """
                eyJhbGciOiJSUzUxMiJ9.eyJzdWIiOiJhbm4ifQ.\
                G96hkAXcPVq2J_g2Y7eA-ql4kKEDjjKW6b-g3AN5MHb18TLakvFkW-sjCo3iDHjFNM8JFdHUh3Aig-U7SafIuo80bRC-ycIpdVf1DAit\
                _cLMmiLqzyCTRTOSgQsp-6TnVyWmCx8qYmuq3FTZq6-9zbYDO6DqclheNyYd3llGukrYmE137LGSsdMng2rsD57a95Mi5fuB0psTsUGZ\
                sVB2wk_QwqFEgvi00-9SsjxxVSmupxSeB-89ykrpx1vVAL_MHywWPKCQPMXydxsdMs6SVepbE0i3ioEwbPaTLd5ULHSuG_XKpxCoVRC5\
                ODtuGii3L1YwSdgVorGy5CuQ9qpCRg
                """,
            algorithm: .rs512),
        PublishedToken(
            source: "PyJWT PS256", jwk: madeRSA,
            text: """
                eyJhbGciOiJQUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.\
                Z23WLshiztlrgb07CIHI0ijNQ5yjwfctvkgM5W_YoX5s3mCLrBn-pEoScViiIoYEWuKhXSMjjEw8_Ix1c4gt1y4cSW1ZwzeX2q0XxAw7\
                616poCdu5xjSOFY1S37j-EFs2ppdwjF3WpXW-iDmLeldLZJINOZabJMkG4l7NPTZ-mFebr0p_b-trFeyGWxnTUGC8n-8_HdcKDl_KgiT\
                aZjk21RMjadhX9klyF6qcM18smWCLQPjMt4kJqyhlA0f7LP3pKmCX1RC2UaVK1xlsMUFwSsUpF3JOap_zljk5yVLd3b9ia-CbtYrJDXm\
                w7uKpT_pBSxqxlnQZhpK7a8bYDRhhw
                """,
            algorithm: .ps256),
        PublishedToken(
            source: "PyJWT ES384",
            jwk: [
                "kty": "EC", "crv": "P-384", "x": "VeDsfsGhATOTEE3O9QnKzNvyUnU5s867nrBqL4gngyVxjcL6y7u3kOcmBhQEnPKE",
                "y": "y3FxgsFH76Nyz6p3vi-jCru-YvlOzj_qiKuY9drOJkud-GVMV3ga7pMtGv3F5zRb",
            ],
            text: """
                eyJhbGciOiJFUzM4NCJ9.eyJzdWIiOiJhbm4ifQ.\
                ktxbpuy3vu-gA8U5D3Wkr5q4iXB4MSbhm5rK-55tNi3f75e9-DYLp0r3MVcHGOH8SkXgzOgkI6ONfGp2crE6rgwWJBxNLz9WFj1yfOVA\
                3f2CQhCU4yKoJev3g_ojxgf-
                """,
            algorithm: .es384),
    ]

    private static let madeRSA: JSONObject = [
        "kty": "RSA", "key_ops": ["verify"], "e": "AQAB",
        "n": """
        5ufGLMq1Ic_jQjNXy05uxzmyfQ9TpJKuiWbOrA3vMw03blq3WK6c9W4QvFejYD1OMBSK8f1zNDwb7wP3UBiixZm_TOwj_1xdUv-1DwiONSpel7gd\
        e7noMjM1H4rmyA0qrUirm4EdHjz1__RSlqCS-VJwqARcRAP_BwrWaDvtQfPDTH9FlAZjWKz6HAgAi6qVDSFGM30ay6nUw7ERTZEjmNPlYXzXUGHL\
        uKB1t9j-buDv-AFzF5kAlvYnSYV5kE3XWoQ53Z5TBo2kUiCgKMKEZt_VcUt9U0KT0tfOrAatbTZwXdvBRZ7IwXHoX2YmLjDp7NAgsq7W4FjgMKdJ\
        UoguIQ
        """,
    ]
}
