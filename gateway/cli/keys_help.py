"""The help of the commands of keys, in Chinese and English: a guide in itself."""

GROUP = (
    "本市密钥: 列出、新建、轮换、关闭、备份、恢复.",
    "This city's keys: list, new, rotate, close, backup, restore.",
)

HELP = {
    "list": (
        "列出本市全部密钥: 用途、起止、状态、私钥所在, 以及下一步该做什么.\n\n"
        "状态以成员名单为准: 网关用名单已公布、此刻有效、且私钥在本机的最新一个签名.",
        "List all keys of this city: what for, from, to, state, where the private half is, and "
        "what to do next.\n\n"
        "The list of members is the truth: a gateway signs with the newest key that is published "
        "there, is good now, and has its private half here.",
    ),
    "new": (
        "新建密钥并写入 member.json, 与现有密钥并存; 公布之前不会启用.\n\n"
        "公布: 联盟成员 tongban federation publish; 否则 tongban members add member.json, "
        "并把 member.json 交给各成员. 一般用 rotate 即可, 它一并完成.",
        "Make a key beside those there are, and write it into member.json; it is not used until "
        "it is published.\n\n"
        "Publish it with tongban federation publish, or with tongban members add member.json and "
        "by handing member.json to the members. Mostly you want rotate, which does all of it.",
    ),
    "rotate": (
        "轮换: 新建密钥, 到时启用; 旧密钥在其后继续有效一段时间, 供在途报文用; 随即公布.\n\n"
        "运行中的网关到时自行改用新密钥, 无须重启, 无报文丢失或被拒.\n\n"
        "联盟成员: 有发布密钥即直接发布, 否则写出 member-代码.json 交给创始城市. 非联盟: 把 "
        "member.json 交给各成员, 须在启用之前全部加入; 晚加入者在此之前收不到新报文, 但不会丢失.",
        "Rotate: make a key that begins later, let the old one stay good for a while after that, "
        "for what is under way, and publish both.\n\n"
        "A running gateway changes over by itself when the time comes: no restart, nothing lost, "
        "nothing refused.\n\n"
        "In a federation it is published at once where we hold a publishing key; else "
        "member-CODE.json is written, for a founding city. Without one, hand member.json to every "
        "member before the new key begins; whoever is late gets nothing new until then, and loses "
        "nothing.",
    ),
    "close": (
        "关闭一个密钥, 并公布. 已关闭者不再改变, 也不能移除.\n\n"
        "compromised: 从关闭时起, 凭它签的一律拒收, 无论自称何时所签; 此前所签的, "
        "凭他方回执仍然成立. 请随即电话通知各成员更新名单.\n\n"
        "superseded 或 lost: 此前所签的仍按其自称的时间判断. "
        "拿不准是否有人持有时, 用 compromised.\n\n"
        "若因此再无可用密钥, 自动新建一个, 公布后立即启用.",
        "Close a key, and publish that. A closed key never changes again, and is never removed.\n\n"
        "compromised: from now on nothing is taken under it, whatever time it claims; what was "
        "signed before stays good by the receipts of others. Call the members, so that they "
        "refresh their lists.\n\n"
        "superseded or lost: what was signed before is still judged by the time it claims. Where "
        "you are not sure that nobody has it, say compromised.\n\n"
        "Where no good key would be left, another is made, and used as soon as it is published.",
    ),
    "backup": (
        "把全部私钥与本市条目写入一个文件, 另设口令加密. 存放于机房之外, 口令与文件分开保管.\n\n"
        "密码机 (令牌) 中的密钥不能离开令牌, 会列出其名, 不在备份中. 每次新建密钥后重做一次.",
        "Write all private keys and our own file into one file, under a passphrase of its own. "
        "Keep it in another building, and the passphrase apart from it.\n\n"
        "Keys of a token cannot leave it: they are named, and not in the backup. Make a new one "
        "after every new key.",
    ),
    "restore": (
        "从备份恢复: 写入本机没有的私钥, 从不覆盖; 显示每个密钥的指纹. 其他城市的备份会被拒绝.\n\n"
        "整机丢失时: 先 tongban init 建立目录, 再恢复. --check 只检查备份是否完好.",
        "Restore from a backup: writes the private keys that are not here, never over one that "
        "is, and shows the fingerprint of each. The backup of another city is refused.\n\n"
        "After the loss of a machine: tongban init first, then this. --check only looks whether "
        "a backup is whole.",
    ),
}
