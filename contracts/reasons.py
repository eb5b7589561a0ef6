"""The codes that errors and refusals carry, in one readable table.

A code never changes its meaning and is never reused. `docs/protocol.md` prints this table.
"""

from dataclasses import dataclass
from enum import StrEnum


class Side(StrEnum):
    """Whose side must act."""

    OURS = "ours"
    PARTNER = "partner"
    NETWORK = "network"
    TRUST = "trust_list"


@dataclass(frozen=True, slots=True)
class Reason:
    """One code: who must act, whether the same bytes may succeed later, what to do."""

    code: str
    side: Side
    retry: bool
    status: int  # HTTP status when it answers a request
    zh: str
    en: str
    remedy_zh: str
    remedy_en: str


_P, _O, _N, _T = Side.PARTNER, Side.OURS, Side.NETWORK, Side.TRUST

_TABLE: tuple[Reason, ...] = (
    # --- the request as a whole -------------------------------------------------------
    Reason("request.too_large", _P, False, 413, "请求过大", "the request is too large",
           "把批次拆小后重发", "send smaller batches"),
    Reason("request.timeout", _P, True, 408, "请求未在时限内传完", "the request did not arrive in time",
           "检查网络后重发", "check the network and send again"),
    Reason("request.encoding", _P, False, 415, "不支持的内容编码", "unsupported content encoding or type",
           "以未压缩的 application/json 发送", "send uncompressed application/json"),
    Reason("request.replaced", _P, False, 400, "请求与声明不符", "the body is not what the headers promise",
           "检查代理与客户端", "check proxies and the client"),
    # --- the batch: steps 2 to 5 of the protocol ---------------------------------------
    Reason("batch.malformed", _P, False, 400, "批次格式错误", "the batch is not well formed",
           "按协议 2 步修正批次结构", "mend the batch after step 2 of the protocol"),
    Reason("batch.too_complex", _P, False, 400, "批次嵌套过深或节点过多", "too deep, or too many nodes",
           "减少嵌套层数与节点数", "send fewer and flatter values"),
    Reason("batch.too_many", _P, False, 413, "批次内报文过多", "too many messages in one batch",
           "把批次拆小后重发", "send smaller batches"),
    Reason("member.unknown", _T, True, 403, "发送方不是成员", "the sender is not a known member",
           "核对成员名单是否最新", "check that both sides hold the current trust list"),
    Reason("seal.malformed", _P, False, 400, "封签格式错误", "the seal is not a compact JWS of ours",
           "按协议 4 步修正封签", "mend the seal after step 4 of the protocol"),
    Reason("seal.key_unknown", _T, True, 401, "签名密钥不在成员名单中", "the signing key is not published",
           "先发布密钥, 再启用", "publish the key before it is used; refresh the trust list"),
    Reason("seal.key_closed", _P, False, 401, "签名密钥已停用或未启用", "the signing key is closed, expired or not yet valid",
           "改用有效密钥签名", "sign with a key that is valid now"),
    Reason("seal.algorithm", _P, False, 401, "签名算法与密钥不符", "the algorithm is not the key's",
           "算法由密钥决定, 不得在报文中更换", "the algorithm comes from the key; do not name another"),
    Reason("seal.invalid", _P, False, 401, "签名不成立", "the signature does not hold",
           "疑似篡改或密钥不符: 联系对方核对密钥", "tampering or a wrong key: compare keys with the partner"),
    Reason("seal.audience", _P, False, 421, "报文不是发给本网关的", "the seal is made out to another gateway",
           "核对网关地址与成员代码", "check the gateway address and the member code"),
    Reason("seal.clock", _P, True, 401, "封签时间超出允许偏差", "the seal's time is outside the allowed window",
           "两侧校准时钟 (NTP)", "set both clocks by NTP"),
    Reason("seal.tree_size", _P, False, 400, "封签的树大小不合理", "the tree size of the seal is out of range",
           "封签只覆盖本批次的报文", "a seal covers the messages of its batch"),
    Reason("path.invalid", _P, False, 400, "报文不在封签之下", "a message is not under the seal",
           "疑似篡改: 重新封签后发送", "tampering or a wrong path: seal and send again"),
    # --- the message: steps 6 to 9 -----------------------------------------------------
    Reason("envelope.malformed", _P, False, 422, "信封格式错误", "the envelope is not well formed",
           "按 envelope 的 JSON Schema 修正", "mend it after the JSON Schema of the envelope"),
    Reason("envelope.too_complex", _P, False, 422, "信封过大、过深或部件过多", "the envelope is too large, too deep or has too many parts",
           "减少部件数与嵌套", "send fewer parts and flatter values"),
    Reason("envelope.sender", _P, False, 422, "信封发送方与封签不符", "the envelope's sender is not the seal's issuer",
           "一个城市只能以自己的名义发送", "a city sends in its own name only"),
    Reason("envelope.receiver", _P, False, 422, "信封接收方不是本网关", "the envelope is for another city",
           "按接收方分批", "batch by receiver"),
    Reason("envelope.kind_unknown", _P, False, 422, "未知的报文种类", "unknown kind of message",
           "核对双方契约版本", "compare contract versions"),
    Reason("envelope.contract_unsupported", _P, False, 422, "不支持的契约主版本", "unsupported major version of the contract",
           "核对双方契约版本", "compare contract versions"),
    Reason("envelope.expired", _P, False, 422, "报文已过期", "the message has expired",
           "由发送方业务系统决定是否重新提交", "the sending city decides whether to submit again"),
    Reason("part.missing", _P, False, 422, "部件缺失", "a part that the envelope lists did not come",
           "随报文附上全部部件", "send every listed part"),
    Reason("part.size", _P, False, 422, "部件大小与信封不符", "a part's size is not what the envelope says",
           "疑似截断或篡改: 重新封装", "cut or tampered with: seal the part again"),
    Reason("part.digest", _P, False, 422, "部件摘要与信封不符", "a part's digest is not what the envelope says",
           "疑似篡改: 重新封装", "tampering: seal the part again"),
    Reason("part.unreadable", _P, False, 422, "部件无法解密", "a part cannot be opened",
           "核对接收方的加密密钥", "check which sealing key of the receiver was used"),
    Reason("body.invalid", _P, False, 422, "报文正文不符合契约", "the body does not follow the contract",
           "按该种报文的 JSON Schema 修正", "mend it after the JSON Schema of its kind"),
    Reason("message.conflict", _P, False, 409, "同一编号出现不同内容 (警报)", "the same id came with other bytes: an alarm",
           "停用该报文并人工核查", "stop, and let a person compare both"),
    Reason("order.past", _P, False, 409, "序号已被使用", "this sequence number was used by another message",
           "序号按办件与发送方逐一递增", "count one by one for each case and sender"),
    Reason("order.too_early", _P, True, 409, "前序报文未到且等候区已满", "earlier messages are missing and the waiting room is full",
           "先补发缺失的前序报文", "send the missing earlier messages first"),
    Reason("order.gap", _P, False, 409, "前序报文始终未到", "the earlier messages never came",
           "补发缺失报文后以新编号重发", "send what is missing, then this again under a new id"),
    Reason("case.unknown", _P, False, 422, "没有此办件", "no such case here",
           "先以 case.submit 提交办件", "open the case with case.submit first"),
    Reason("case.exists", _P, False, 409, "办件已存在", "the case exists already",
           "每个办件只能提交一次", "a case is submitted once"),
    Reason("case.not_allowed", _P, False, 409, "办件当前状态不允许此操作", "the life of the case does not allow this now",
           "查看办件状态后再操作", "look at the state of the case first"),
    Reason("case.wrong_city", _P, False, 403, "该城市无权作出此陈述", "this city may not say this about the case",
           "事实只能由办理地陈述, 请求只能由收件地提出", "facts come from the handling city, requests from the receiving city"),
    Reason("matter.unknown", _P, False, 422, "办理地没有此事项", "the handling city has no such matter",
           "核对事项对照表", "check the crosswalk of matters"),
    # --- could not be checked or kept ---------------------------------------------------
    Reason("trust.unavailable", _T, True, 503, "信任名单暂不可用", "the trust list cannot be read now",
           "稍后自动重试; 查看信任名单文件", "retried by itself; look at the trust list"),
    Reason("store.unavailable", _O, True, 503, "存储暂不可用", "the store cannot be used now",
           "检查数据库与磁盘", "check the database and the disk"),
    Reason("store.full", _O, True, 507, "磁盘空间不足, 暂不接收新报文", "no space left: no new work is taken",
           "腾出磁盘空间; 已出具回执的报文不受影响", "free disk space; whatever has a receipt is safe"),
    Reason("gateway.stopping", _O, True, 503, "网关正在停止", "the gateway is stopping",
           "稍后自动重试", "retried by itself"),
    Reason("gateway.busy", _O, True, 429, "网关繁忙", "the gateway is busy",
           "按 Retry-After 放慢发送", "slow down as Retry-After says"),
    Reason("link.unreachable", _N, True, 502, "对方网关不可达", "the partner's gateway cannot be reached",
           "检查网络与对方地址; 系统会自动重试", "check network and address; retried by itself"),
    Reason("link.answer", _P, True, 502, "对方答复无法使用", "the partner's answer cannot be used",
           "联系对方运维", "ask the partner's operators"),
    Reason("receipt.invalid", _P, True, 502, "回执不成立", "a receipt does not hold",
           "疑似篡改: 联系对方核对", "tampering or a fault: compare with the partner"),
    # --- at home ------------------------------------------------------------------------
    Reason("code.invalid", _O, False, 422, "编码校验不通过", "a code fails its check",
           "按提示的字符位置修正", "mend the character that is named"),
    Reason("document.invalid", _O, False, 422, "业务系统文档无法翻译", "the city's document cannot be translated",
           "按提示的字段修正后重新放入", "mend the field that is named and hand it in again"),
    Reason("document.not_carried", _O, False, 422, "目标格式无法承载该内容", "the target format cannot carry this",
           "按提示改走其他渠道", "use another way for what is named"),
    Reason("key.unusable", _O, False, 500, "密钥无法使用", "the key cannot be used",
           "检查密钥文件、权限与口令", "check the key file, its mode and its passphrase"),
    Reason("settings.invalid", _O, False, 500, "配置有误", "the configuration is wrong",
           "逐条修正所列错误", "mend every mistake listed"),
    Reason("evidence.invalid", _P, False, 422, "证据不成立", "the evidence does not hold",
           "保留原件, 交审计员核查", "keep the originals and let an auditor look"),
    Reason("not_found", _O, False, 404, "没有找到", "nothing of that name",
           "核对编号", "check the number"),
    Reason("internal", _O, True, 500, "内部错误", "an internal error",
           "把追踪号交给开发者", "hand the trace id to the developers"),
)

REASONS: dict[str, Reason] = {reason.code: reason for reason in _TABLE}
