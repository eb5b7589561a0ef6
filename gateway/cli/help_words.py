"""The words around the help of a command, in Chinese where the reader is."""

from typer import rich_utils

from gateway.cli.language import say


def set_help_words() -> None:
    """Once, before the first help is shown."""
    rich_utils.ARGUMENTS_PANEL_TITLE = say("参数", "Arguments")
    rich_utils.OPTIONS_PANEL_TITLE = say("选项", "Options")
    rich_utils.COMMANDS_PANEL_TITLE = say("命令", "Commands")
    rich_utils.ERRORS_PANEL_TITLE = say("用法有误", "Error")
    rich_utils.DEFAULT_STRING = say("[缺省: {}]", "[default: {}]")
    rich_utils.ENVVAR_STRING = say("[环境变量: {}]", "[env var: {}]")
    rich_utils.REQUIRED_LONG_STRING = say("[必填]", "[required]")
    rich_utils.ABORTED_TEXT = say("已中断", "Aborted.")
    rich_utils.RICH_HELP = say(
        "用法说明: [blue]'{command_path} {help_option}'[/]",
        "Try [blue]'{command_path} {help_option}'[/] for help.",
    )
