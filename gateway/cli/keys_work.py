"""What the commands of keys do: change our own file, publish it, say what comes next."""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import typer

from contracts.errors import Wrong
from gateway import bootstrap, config
from gateway.cli import screen
from gateway.cli.keys_table import show_backup, show_holdings
from gateway.cli.language import say
from gateway.cli.wording import full_clock
from gateway.clock import SystemClock
from gateway.federation.notes import notes_file
from gateway.keyholding.backup import (
    SHORTEST_PASSPHRASE,
    invalid,
    look_through,
    make_backup,
    open_backup,
    restore,
    write_backup,
)
from gateway.keyholding.backup_note import BackupNote, write_note
from gateway.keyholding.keeper import Keeper
from gateway.membership import fingerprint
from keys.atomic_file import write_atomically
from keys.stores.passphrase import passphrase
from keys.trust.key_changes import Entry, Use, name_of
from keys.trust.key_judgement import ClosedReason
from keys.trust.member import MemberKey


class KeysWork:
    """One command over one city's keys."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._folder = config.load(home)
        self._store = bootstrap.key_store(self._folder)
        trust = bootstrap.trust_list(self._folder, SystemClock())
        own = self._folder.settings.tls.mode == "mutual"
        certificates = bootstrap.certificates(self._folder) if own else None
        self._certificates = certificates
        self._keeper = Keeper(self._folder, self._store, trust, certificates)

    def show(self) -> None:
        show_holdings(self._keeper.holdings())

    def new(self, use: Use, lead: timedelta) -> None:
        key = self._keeper.new(use, lead)
        self._made(key)
        _say(
            "尚未公布, 不会启用. 公布: " + self._how_to_publish("zh"),
            "It is not published, and will not be used. Publish it: " + self._how_to_publish("en"),
        )

    def rotate(self, use: Use, lead: timedelta, overlap: timedelta | None) -> None:
        life = self._folder.settings.exchange.life
        key = self._keeper.rotate(use, lead, life if overlap is None else overlap)
        self._made(key)
        self._publish(before=key.valid_from)

    def close(self, name: str, reason: ClosedReason, at: datetime | None, *, yes: bool) -> None:
        if not yes:
            _ask(name)
        made = self._keeper.close(name, reason, at)
        _say(f"已关闭 {name} ({reason.value})", f"closed {name} ({reason.value})", "bold")
        if made is not None:
            _say("再无可用密钥, 已新建一个:", "no good key would be left, so one was made:")
            self._made(made)
        self._publish(before=made.valid_from if made is not None else None)
        if reason is ClosedReason.COMPROMISED:
            _say(
                "请即电话通知各成员更新名单: 名单更新之前, 对方仍会信任此密钥",
                "call every member now: until its list is refreshed, it goes on trusting this key",
                "bold yellow",
            )

    # --- publishing -------------------------------------------------------------------------------

    def _publish(self, before: datetime | None) -> None:
        """`before`: when every member must know of it."""
        if self._folder.settings.trust.root is not None:
            from gateway.cli.federation_work import Work  # noqa: PLC0415  # TUF takes its time

            Work(self._home).publish([], None, None, offline=False)
            return
        self._keeper.publish_in_our_list()
        place, when = self._keeper.file, ""
        if before is not None and before > datetime.now(UTC):
            when = say(f" 须在 {full_clock(before)} 之前;", f" before {full_clock(before)};")
        _say(
            f"已写入本市名单. 把 {place} 交给每个成员,{when} 由其 tongban members add 加入",
            f"our own list has it. Hand {place} to every member,{when} for tongban members add",
        )

    def _how_to_publish(self, language: str) -> str:
        if self._folder.settings.trust.root is not None:
            return "tongban federation publish"
        file = self._keeper.file
        if language == "zh":
            return f"tongban members add {file}, 并把此文件交给各成员"
        return f"tongban members add {file}, and hand that file to the members"

    def _made(self, key: Entry) -> None:
        begins, name = full_clock(key.valid_from), name_of(key)
        _say(f"新密钥 {name}, 自 {begins} 起", f"new key {name}, from {begins}", "bold green")
        if isinstance(key, MemberKey):
            _say(f"  指纹 {fingerprint(key)}", f"  fingerprint {fingerprint(key)}")

    # --- backup -----------------------------------------------------------------------------------

    def backup(self, file: Path, secret_file: Path | None, secret_env: str | None) -> None:
        if file.exists():
            raise Wrong("the file exists: give another name", code="key.not_now", file=file)
        secret = _passphrase(secret_file, secret_env, new=True)
        notes = notes_file(self._folder.folder)
        text = notes.read_text("utf-8") if notes.exists() else None
        member, now = self._keeper.proposed(), datetime.now(UTC)
        made, content = make_backup(
            self._store, member, text, secret, now, certificates=self._certificates
        )
        write_backup(file, made)
        look_through(open_backup(file, secret), secret)  # what cannot be read is no backup
        kids = (*(key.kid for key in content.keys), *(pair.sha256 for pair in content.pairs))
        note = BackupNote(made_at=now, file=str(file), kids=kids)
        write_note(self._folder.folder, note)
        show_backup(content)
        _say(f"已写出 {file}; 存放于别处, 口令分开保管", f"wrote {file}: keep it elsewhere", "bold")

    def restore(
        self, file: Path, secret_file: Path | None, secret_env: str | None, *, check: bool
    ) -> None:
        secret = _passphrase(secret_file, secret_env, new=False)
        content = open_backup(file, secret)
        if content.code != self._keeper.code:
            raise invalid(f"it is the backup of {content.code}, this is {self._keeper.code}", file)
        if check:
            look_through(content, secret)
            show_backup(content)
            _say("备份完好; 未写入任何文件", "the backup is whole; nothing was written", "bold")
            return
        store = bootstrap.file_store(self._folder)
        done = restore(content, secret, store, self._certificates)
        show_backup(content, {each.name: each.written for each in done})
        entry = content.member.model_dump_json(indent=2, exclude_none=True) + "\n"
        self._bring_back(self._keeper.file, entry)
        if content.notes is not None:
            self._bring_back(notes_file(self._folder.folder), content.notes)

    def _bring_back(self, file: Path, text: str) -> None:
        """What is there stays there; then the backup's goes beside it, to be compared."""
        if file.exists() and file.read_text("utf-8").strip() == text.strip():
            return
        place = file.with_name(f"{file.stem}-restored.json") if file.exists() else file
        place.parent.mkdir(mode=0o700, exist_ok=True)
        write_atomically(place, text.encode(), mode=0o600)
        if place != file:
            _say(
                f"{file} 与备份不同, 未改动; 备份的写在 {place}: 比较后由您决定",
                f"{file} differs from the backup and was left; that of the backup is {place}: "
                "compare and decide",
                "yellow",
            )


def _passphrase(file: Path | None, env: str | None, *, new: bool) -> bytes:
    """From where it was said to be, or asked for. Raises KeyUnusable, typer.BadParameter."""
    if file is not None or env is not None:
        secret = passphrase(file, env)
    elif sys.stdin.isatty():
        asked = say("备份口令", "passphrase of the backup")
        given: str = typer.prompt(asked, hide_input=True, confirmation_prompt=new)
        secret = given.encode()
    else:
        raise typer.BadParameter(
            say(
                "没有终端可问: 用 --passphrase-file 或 --passphrase-env",
                "no terminal to ask at: give --passphrase-file or --passphrase-env",
            )
        )
    if new and len(secret) < SHORTEST_PASSPHRASE:
        raise typer.BadParameter(
            say(
                f"备份口令至少 {SHORTEST_PASSPHRASE} 个字节",
                f"the passphrase of a backup has at least {SHORTEST_PASSPHRASE} bytes",
            )
        )
    return secret


def _ask(name: str) -> None:
    """What is closed stays closed."""
    if not sys.stdin.isatty():
        raise typer.BadParameter(
            say("关闭后不能再开; 确定则加 --yes", "a closed key stays closed: add --yes to do it")
        )
    if not typer.confirm(say(f"关闭 {name}? 不能再开", f"close {name}? It stays closed")):
        raise typer.Exit(1)


def _say(zh: str, en: str, style: str = "default") -> None:
    screen.out().print(say(zh, en), style=style, soft_wrap=True, markup=False)
