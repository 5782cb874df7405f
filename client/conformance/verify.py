"""Verifies what a Leasehold server signs, and holds itself against the vectors beside this file.

    python3 verify.py            # every vector; exit code 1 when one is judged differently
    python3 verify.py --json     # what it found of each, for another program

It shares nothing with the client but the rules: docs/signing.md has them. Needs the package `cryptography`.
"""
import base64, hashlib, json, re, sys
from pathlib import Path
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa

SKEW, LONGEST, LONGEST_LIST = 60, 65_536, 600_000
SAFE = 2**53 - 1


class Refused(Exception):
    """Why a token is not believed, in the first argument."""


def require(condition, fault):
    if not condition:
        raise Refused(fault)


# --- The form: three parts, each in its one spelling -----------------------------------------------

def decode(part):
    """Bytes of base64url without padding. Of several spellings of the same bytes one is right."""
    require(re.fullmatch(r"[A-Za-z0-9_-]+", part), "malformed")
    try:
        data = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except ValueError:
        raise Refused("malformed")
    require(base64.urlsafe_b64encode(data).rstrip(b"=").decode() == part, "malformed")
    return data


def integer(text):
    number = int(text)
    require(abs(number) <= SAFE, "malformed")
    return number


def decimal(text):
    number = float(text)
    return int(number) if number.is_integer() else number


def members(pairs):
    """An object whose names differ; names that look like array indexes come first, as in JavaScript."""
    require(len({name for name, _ in pairs}) == len(pairs), "malformed")
    index = re.compile(r"0|[1-9][0-9]{0,8}")
    first = sorted((pair for pair in pairs if index.fullmatch(pair[0])), key=lambda pair: int(pair[0]))
    return dict(first + [pair for pair in pairs if not index.fullmatch(pair[0])])


def read_object(part):
    """The JSON object of a part, which must be written as JSON.stringify writes it."""
    try:
        text = decode(part).decode("utf-8")
        value = json.loads(text, object_pairs_hook=members, parse_int=integer, parse_float=decimal,
                           parse_constant=lambda _: require(False, "malformed"))
        same = json.dumps(value, ensure_ascii=False, separators=(",", ":")) == text
    except (ValueError, RecursionError):
        raise Refused("malformed")
    require(isinstance(value, dict) and same, "malformed")
    return value


# --- One token -----------------------------------------------------------------------------------

def is_whole(value, least=-SAFE):
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= SAFE


def is_signed(algorithm, key, signed, signature):
    try:
        if algorithm == "PS256":
            pss = padding.PSS(padding.MGF1(hashes.SHA256()), salt_length=32)
            number = lambda name: int.from_bytes(decode(key[name]), "big")
            rsa.RSAPublicNumbers(number("e"), number("n")).public_key().verify(
                signature, signed, pss, hashes.SHA256())
        else:
            ed25519.Ed25519PublicKey.from_public_bytes(decode(key["x"])).verify(signature, signed)
        return True
    except (InvalidSignature, ValueError):
        return False


def verify_token(token, typ, algorithm, keys, at, product=None, outlives_end=False):
    """(claims, key id). Type, keys and their algorithm are the caller's; nothing is the token's choice."""
    require(len(token) <= (LONGEST_LIST if typ == "lic-revoked+jwt" else LONGEST), "too_long")
    parts = token.split(".")
    require(len(parts) == 3, "malformed")
    header, signature = read_object(parts[0]), decode(parts[2])
    kid = header.get("kid")
    require(isinstance(kid, str) and set(header) <= {"typ", "alg", "kid"}, "malformed")
    require(header.get("typ") == typ, "wrong_type")
    require(kid in keys, "unknown_key")
    require(header.get("alg") == algorithm, "wrong_algorithm")
    signed = f"{parts[0]}.{parts[1]}".encode()
    require(is_signed(algorithm, keys[kid], signed, signature), "bad_signature")
    claims = read_object(parts[1])
    begins = [claims.get("iat"), claims.get("nbf", claims.get("iat"))]
    require(all(map(is_whole, [*begins, claims.get("exp")])), "malformed")
    require(max(begins) <= at + SKEW, "not_yet_valid")
    require(outlives_end or claims["exp"] >= at - SKEW, "expired")
    require(product is None or claims.get("aud") == product, "wrong_audience")
    return claims, kid


def has(claims, texts="", wholes=""):
    return (all(isinstance(claims.get(name), str) for name in texts.split())
            and all(is_whole(claims.get(name)) for name in wholes.split()))


def are_features(feat):
    return isinstance(feat, dict) and all(isinstance(value, (bool, int, float, str)) for value in feat.values())


# --- Certificate, and what its delegate signs ---------------------------------------------------------

def verify_certificate(token, demand):
    claims, root = verify_token(token, "lic-delegate+jwt", "PS256", demand["roots"], demand["at"])
    jwk = (claims.get("cnf") or {}).get("jwk") or {}
    require(has(claims, "iss", "nbf sign_until verify_until") and is_whole(claims.get("seq"), 1), "malformed")
    require(isinstance(claims.get("scope"), list) and all(isinstance(s, str) for s in claims["scope"]), "malformed")
    require((jwk.get("kty"), jwk.get("crv")) == ("OKP", "Ed25519") and has(jwk, "x kid"), "malformed")
    require(re.fullmatch(r"[\w-]{43}", jwk["x"], re.ASCII) and 1 <= len(jwk["kid"]) <= 64, "malformed")
    require(claims["nbf"] <= claims["sign_until"] <= claims["verify_until"] == claims["exp"], "malformed")
    require(not {root, jwk["kid"]} & set(demand["revoked"]["keys"]), "revoked_key")
    return claims


def verify_delegated(typ, token, certificate, demand):
    """A token and the certificate of its signer, which is held against the time of the token's issue."""
    try:
        certified = verify_certificate(certificate, demand)
        require(typ in certified["scope"], "outside_scope")
    except Refused as refusal:
        raise Refused(refusal.args[0], "certificate")
    jwk = certified["cnf"]["jwk"]
    claims, _ = verify_token(token, typ, "Ed25519", {jwk["kid"]: jwk}, demand["at"], demand["product"])
    in_time = certified["nbf"] <= claims["iat"] <= certified["sign_until"]
    require(in_time and claims["exp"] <= certified["verify_until"], "outside_certificate")
    return claims


def verify_lease(token, certificate, demand):
    claims = verify_delegated("lic-lease+jwt", token, certificate, demand)
    require(has(claims, "iss aud sub tid sid jti tier", "nbf lease_until epoch fence"), "malformed")
    require(is_whole(claims.get("hb"), 1) and is_whole(claims.get("rev_seq"), 0), "malformed")
    require(are_features(claims.get("feat")) and claims.get("nonce") != "", "malformed")
    require(claims["iat"] <= claims["lease_until"] <= claims["exp"], "malformed")
    revoked, grant = demand["revoked"], (claims["sub"], claims["epoch"])
    require(claims["sub"] not in revoked["licenses"], "revoked_license")
    require(not any((r["license"], r["epoch"]) == grant and r["fences"][0] <= claims["fence"] <= r["fences"][1]
                    for r in revoked["leases"]), "revoked_lease")
    require(claims["sub"] == demand.get("licenseId", claims["sub"]), "other_license")
    require(claims["sid"] == demand.get("sessionId", claims["sid"]), "other_session")
    require(claims.get("nonce") == demand.get("nonce", claims.get("nonce")), "other_request")
    return claims


def verify_denial(token, certificate, demand):
    claims = verify_delegated("lic-denial+jwt", token, certificate, demand)
    require(has(claims, "iss aud code nonce instance_key cred"), "malformed")
    require(isinstance(claims.get("reason", ""), str), "malformed")
    require(claims["nonce"] and claims["exp"] - claims["iat"] <= 300, "malformed")
    answered = (claims["nonce"], claims["instance_key"])
    require(answered == (demand["nonce"], demand["instanceKey"]), "other_request")
    digest = base64.urlsafe_b64encode(hashlib.sha256(demand["credential"].encode()).digest())
    require(claims["cred"] == digest.rstrip(b"=").decode(), "other_credential")
    told, signed = demand.get("told"), {"code": claims["code"], "reason": claims.get("reason")}
    require(told in (None, signed), "other_refusal")
    return claims


# --- License files: the root itself signs them -----------------------------------------------------------

def read_armor(kind, text):
    """What stands between the two lines of a file, however its lines end."""
    require(len(text) <= 1_048_576, "too_long")
    lines = re.split(r"\r?\n", text.strip(" \t\r\n\v\f\ufeff"))
    is_ours = re.fullmatch(r"-----BEGIN LEASEHOLD (LICENSE|REQUEST|DEACTIVATION) FILE-----", lines[0])
    require(is_ours, "no_begin")
    require(is_ours[1] == kind, "other_kind")
    require(len(lines) > 1 and lines[-1] == f"-----END LEASEHOLD {kind} FILE-----", "no_end")
    require(len(lines) > 2, "empty")
    require(all(re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", line) for line in lines[1:-1]), "bad_line")
    return "".join(lines[1:-1])


def verify_license_file(file, demand):
    claims, root = verify_token(read_armor("LICENSE", file), "lic-file+jwt", "PS256",
                                demand["roots"], demand["at"], demand["product"])
    require(root not in demand["revoked"]["keys"], "revoked_key")
    require(has(claims, "iss aud sub tid jti tier", "nbf") and are_features(claims.get("feat")), "malformed")
    require(is_whole(claims.get("seats"), 0) and is_whole(claims.get("rev_seq"), 0), "malformed")
    require(claims["usage"] and all(isinstance(usage, str) for usage in claims["usage"]), "malformed")
    device, nonce, until = claims.get("fp"), claims.get("nonce"), claims.get("license_until")
    require(device is None or re.fullmatch(r"[A-Za-z0-9_-]{43}", device), "malformed")
    require(nonce is None or nonce != "", "malformed")
    require(claims["nbf"] <= claims["exp"] and (until is None or claims["exp"] <= until), "malformed")
    require(claims["sub"] not in demand["revoked"]["licenses"], "revoked_license")
    require(device is None or device == demand.get("device", device), "other_device")
    require(nonce == demand.get("nonce", nonce), "other_request")
    return claims


# --- Lists ---------------------------------------------------------------------------------------

def verify_list(typ, token, demand):
    claims, kid = verify_token(token, typ, "PS256", demand["roots"], demand["at"], outlives_end=True)
    require(kid not in demand["revoked"]["keys"], "revoked_key")
    require(has(claims, "iss") and is_whole(claims.get("seq"), 1), "malformed")
    return claims, kid


def verify_revocation_list(token, demand):
    claims, kid = verify_list("lic-revoked+jwt", token, demand)
    known = demand.get("known", {"seq": 0, "signedBy": None})
    is_range = lambda r: (has(r, "license") and r["license"] and is_whole(r.get("epoch"), 0)
                          and len(r.get("fences", [])) == 2 and all(is_whole(f, 0) for f in r["fences"])
                          and r["fences"][0] <= r["fences"][1])
    require(all(isinstance(v, str) and v for name in ("keys", "licenses") for v in claims[name]), "malformed")
    require(all(map(is_range, claims["leases"])), "malformed")
    require(claims["iat"] <= claims["next_update"] <= claims["exp"], "malformed")
    order = list(demand["roots"])
    require(not set(order[order.index(kid):]) & set(claims["keys"]), "newer_root")
    require(claims["seq"] >= known["seq"] or known["signedBy"] in claims["keys"], "older")
    return claims, order


def verify_root_list(token, demand):
    claims, kid = verify_list("lic-roots+jwt", token, demand)
    require(len({key["kid"] for key in claims["keys"]}) == len(claims["keys"]), "malformed")
    order = list(demand["roots"])
    place = order.index(kid) + 1  # an unknown one goes right behind the signer, or before the known one that follows it
    for key in reversed(claims["keys"]):
        if key["kid"] in order:
            present = demand["roots"].get(key["kid"], key)
            require((present["n"], present["e"]) == (key["n"], key["e"]), "other_key")
            place = min(place, order.index(key["kid"]))
        else:
            order.insert(place, key["kid"])
    return claims, order


# --- The vectors -----------------------------------------------------------------------------------

def text_of(text):
    return text["repeat"] * text["times"] if isinstance(text, dict) else text


def judge(vector, roots):
    demand = {**vector["demand"], "roots": {kid: roots[kid] for kid in vector["demand"]["pinned"]}}
    token, certificate = text_of(vector["token"]), text_of(vector.get("certificate", ""))
    kind = vector["kind"]
    try:
        if kind in ("lease", "denial"):
            verify = verify_lease if kind == "lease" else verify_denial
            return {"isGood": True, "claims": verify(token, certificate, demand)}
        if kind in ("certificate", "license_file"):
            verify = verify_certificate if kind == "certificate" else verify_license_file
            return {"isGood": True, "claims": verify(token, demand)}
        verify = verify_revocation_list if kind == "revocation_list" else verify_root_list
        claims, trusted = verify(token, demand)
        return {"isGood": True, "claims": claims, "roots": trusted}
    except Refused as refusal:
        fault, *part = refusal.args
    except (KeyError, TypeError, AttributeError):  # a member is missing, or of another kind
        fault, part = "malformed", []
    whole = {"certificate": "certificate", "license_file": "file"}.get(kind, "token")
    return {"isGood": False, "part": part[0] if part else whole, "fault": fault}


def main():
    document = json.loads((Path(__file__).parent / "vectors.json").read_text("utf-8"))
    roots = {key["kid"]: key for key in document["roots"]}
    found = [(vector, judge(vector, roots)) for vector in document["vectors"]]
    wrong = [(vector, outcome) for vector, outcome in found if outcome != vector["expected"]]
    if "--json" in sys.argv:
        print(json.dumps([outcome for _, outcome in found]))
    else:
        for vector, outcome in wrong:
            print(f"{vector['kind']}, {vector['name']}: {outcome}, not {vector['expected']}")
        print(f"{len(found) - len(wrong)} of {len(found)} vectors are judged as expected.")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
