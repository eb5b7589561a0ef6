"""The help of the commands of the federation, in Chinese and English: a guide in itself."""

HELP = {
    "found": (
        "创建联盟, 或更换创始城市. 须先 tongban init.\n\n"
        "1. 每个创始城市: tongban federation found, 得 founder-代码.json, 交给发起城市.\n\n"
        "2. 发起城市: tongban federation found --with founder-甲.json --with founder-乙.json "
        "--threshold 3, 得 proposal-root.json.\n\n"
        "3. 其余创始城市逐一 tongban federation approve proposal-root.json, 再传给下一个.\n\n"
        "4. 签名足够后, 任一创始城市: tongban federation publish 提案文件.\n\n"
        "已有联盟时: --with 更换或增加创始城市, --without 退出, --threshold 改门限, "
        "--renew 延期; 其后同样批准与发布.",
        "Found a federation, or change who founded it; after tongban init.\n\n"
        "1. Each founding city: tongban federation found makes founder-CODE.json, for the one "
        "that convenes.\n\n"
        "2. That one: tongban federation found --with founder-A.json --with founder-B.json "
        "--threshold 3 makes proposal-root.json.\n\n"
        "3. The others, one after the other: tongban federation approve proposal-root.json.\n\n"
        "4. Signed by enough: tongban federation publish the proposal, at any founder's.\n\n"
        "In a federation: --with replaces or adds founders, --without drops one, --threshold "
        "changes k, --renew lets it live longer; then approve and publish as before.",
    ),
    "invite": (
        "邀请一个城市加入: 写出邀请文件, 内含根文件与镜像地址. 电话告知对方根文件指纹.",
        "Invite a city: writes a file with the root and the mirrors. Tell it the fingerprint of "
        "the root by telephone.",
    ),
    "join": (
        "凭邀请文件申请加入. 须先 tongban init. 写出 join-代码.json, 交给任一创始城市; "
        "对方发布后, 执行 tongban federation mirror.\n\n"
        "成员密钥遗失或泄露: --new-key 换新密钥再次申请, 经创始城市批准后生效.",
        "Ask to join, with the invitation; after tongban init. Writes join-CODE.json for any "
        "founding city; once it is published, run tongban federation mirror.\n\n"
        "A member key that is lost or stolen: --new-key asks again with a new one; it counts once "
        "the founders approved.",
    ),
    "approve": (
        "创始城市批准: 入盟申请 join-代码.json (写出提案), 或他城的提案 (加上本市签名).\n\n"
        "签名不足时把写出的文件传给下一个创始城市; 足够后 tongban federation publish.",
        "A founder approves: a request join-CODE.json becomes a proposal; a proposal of another "
        "founder gets our signature.\n\nHand the file on until enough have signed, then tongban "
        "federation publish.",
    ),
    "publish": (
        "发布: 提案 (同一提案的多份签名可一并给出), 或成员交来的新文件; 本市 member.json "
        "改动后, 或放入目录 catalogue.json 后, 也在此发布.\n\n"
        "不带文件: 只更新时间戳. 请每日定时执行一次, 否则 14 天后名单过期.\n\n"
        "没有发布密钥的城市得到 member-代码.json, 交给任一创始城市发布.",
        "Publish: a proposal (several signed copies of one may be given), or members' new files; "
        "our own member.json too, when it was changed, with a catalogue.json beside it.\n\n"
        "Without a file only the timestamp is renewed: let a timer do it daily, or the list "
        "ends after 14 days.\n\n"
        "A city without a publishing key gets member-CODE.json, for any founding city to "
        "publish.",
    ),
    "leave": (
        "退出联盟: 以 --reason 关闭本市全部密钥 (member.json) 并发布; 条目保留, 旧签名仍可核验. "
        "此后各城市不再接收发往本市的报文. --at 可定在将来, 以便先办结往来办件. 不可撤销.\n\n"
        "带成员代码: 该成员已不能或不愿自行退出, 由创始城市关闭其密钥; 写出 leave-代码.json, "
        "其后 tongban federation approve, 如同入盟申请.",
        "Leave: closes every key in our member.json, with --reason, and publishes that. The entry "
        "stays, old signatures can still be judged; from then on no city takes messages for us. "
        "--at may lie ahead, so that open cases are finished first. It cannot be taken back.\n\n"
        "With a member's code: for one that cannot or will not leave by itself. Writes "
        "leave-CODE.json, which founders approve as they would a request to join.",
    ),
    "show": (
        "查看联盟: 创始城市、门限、成员、各文件有效期. --members 另写出名单, 供审计员离线核验.",
        "Show the federation: founders, threshold, members, and until when each file holds. "
        "--members writes the list as well, for an auditor's tongban verify.",
    ),
    "mirror": (
        "取得联盟的最新副本: 缺省来自已知镜像; --from 可为地址、目录 (U 盘) 或单个文件.\n\n"
        "本市已在联盟中时, 自动把 tongban.toml 的 trust 改为联盟.",
        "Bring our copy up to date: from the mirrors, or --from an address, a folder (a stick) "
        "or a single file.\n\nOnce we are a member, the table trust of tongban.toml is set.",
    ),
    "check": (
        "检查: 逐个镜像走一遍, 指出落后、回退、伪造的镜像, 快要过期的文件, 重复的辖区. "
        "有问题时以 1 退出.",
        "Check: walk through every mirror and name those that lag, roll back or forge; what "
        "ends soon; regions spoken for twice. Ends with 1 when something is wrong.",
    ),
}
