// SPDX-License-Identifier: MIT
/* Chinese: clauses, what may lack in them, and what stands around them. */
#include "words.h"

const struct agent_phrases agent_chinese_phrases = {
	.pick = LIST {
		"拿起%a", "拿起%a", "拿起%a", "抓起%a", "抓住%a", "把%a拿起来",
		"把%a拿起来", "夹起%a", "夹住%a", "捡起%a", "取%a", "去拿%a",
		"把%a抓起来", "将%a拿起", "举起%a", "把%a夹起来", "拿%a",
		"把%a提起来", "把%a抓住", "握住%a", NULL
	},
	.put = LIST {
		"把%a放到%b%r", "把%a放到%b%r", "把%a放到%b%r", "把%a放在%b%r",
		"把%a放在%b%r", "将%a放到%b%r", "将%a放在%b%r", "把%a移到%b%r",
		"将%a移到%b%r", "把%a移动到%b%r", "把%a挪到%b%r", "把%a搬到%b%r",
		"把%a摆在%b%r", "把%a拿到%b%r", "把%a放置到%b%r", "把%a摆到%b%r",
		"把%a送到%b%r", "将%a搬到%b%r", "将%a置于%b%r", "把%a搁在%b%r",
		"拿起%a放到%b%r", "抓起%a放到%b%r", "拿起%a,放在%b%r",
		"夹起%a放到%b%r", "把%a拿起来放到%b%r", "取%a放到%b%r",
		"拿%a放在%b%r", "%a放到%b%r", "%a放在%b%r", "在%b%r放%a",
		"在%b%r放上%a", "往%b%r放%a", NULL
	},
	.put_said = LIST {
		"我要%a在%b%r", "我想让%a在%b%r", "%a应该在%b%r", "%a要放在%b%r",
		"%a应当放到%b%r", "让%a到%b%r去", "我希望%a在%b%r", "%a该放%b%r",
		NULL
	},
	.put_rel[AGENT_ON] = LIST {
		"把%a叠到%b上", "把%a叠在%b上面", "把%a摞到%b上",
		"把%a堆在%b上", "用%a盖住%b", NULL
	},
	.put_rel[AGENT_IN] = LIST {
		"把%a放进%b", "把%a装进%b", "把%a放入%b", "将%a放入%b",
		"把%a塞进%b", "把%a放进%b里", "把%a投入%b", "把%a收进%b里", NULL
	},
	.put_group = LIST {
		"把%a放到%b%r", "把%a都放到%b%r", "把%a都放到%b%r",
		"把%a全放到%b%r", "将%a都移到%b%r", "把%a全部放在%b%r",
		"把%a放在%b%r", "把%a都放在%b%r", "把%a都搬到%b%r",
		"将%a放到%b%r", "%a都放到%b%r", NULL
	},
	.elided = LIST { "%a放到%b%r", "%a放在%b%r", "%a放%b%r", NULL },
	.there = LIST {
		"把%a也放到那里", "把%a也放在那儿", "把%a也放过去",
		"%a也放到那里", "将%a也放到同样的位置",
		"把%a也放到同一个地方", "%a也一样", NULL
	},
	.place = LIST {
		"把%a放到%b%r", "把%a放到%b%r", "把%a放在%b%r", "把%a放在%b%r",
		"将%a放到%b%r", "将%a放在%b%r", "把%a移到%b%r", "把%a摆在%b%r",
		"把%a搁在%b%r", "把%a送到%b%r", "把%a放下来,放在%b%r",
		"把%a放置到%b%r", "将%a置于%b%r", "%a放到%b%r", "把%a留在%b%r", NULL
	},
	.let_go = LIST {
		"松手", "松开", "松开它", "放开它", "放手", "放开手里的东西",
		"松开手", NULL
	},
	.open = LIST {
		"打开夹爪", "打开夹爪", "张开夹爪", "打开夹子", "张开手",
		"打开爪子", "张开爪子", "把夹爪打开", "把手张开",
		"打开抓手", NULL
	},
	.close = LIST {
		"合上夹爪", "关闭夹爪", "闭合夹爪", "合上夹子", "合上手",
		"合上爪子", "收紧爪子", "把夹爪合上", "把手合上",
		"关闭抓手", NULL
	},
	.open_close = LIST {
		"打开再合上夹爪", "张开并合上爪子", "打开然后关闭夹爪",
		"把夹爪打开再合上", NULL
	},
	.close_open = LIST {
		"合上再打开夹爪", "合上并张开爪子", "关闭然后打开夹爪",
		"把夹爪合上再打开", NULL
	},
	.times = LIST { "%v%c", NULL },
	.count = {
		LIST { "两次", "2次", "两遍", "两下", NULL },
		LIST { "三次", "3次", "三遍", "三下", NULL },
		LIST { "四次", "4次", "四遍", NULL }
	},
	.home = LIST {
		"回家", "回原点", "回到原点", "回到初始位置", "归位", "复位",
		"回到起始位置", "返回原位", "回原位", "回到原来的位置",
		"回零", "返回原点", "手臂归位", "机械臂复位",
		"回到待机位置", NULL
	},
	.wait = LIST {
		"等%t", "等待%t", "等%t", "停%t", "暂停%t", "停留%t", "停下%t",
		"原地等%t", "休息%t", "静止%t", "等候%t", "停顿%t", NULL
	},
	.moment = LIST {
		"等一下", "稍等", "稍等一下", "等一秒", "停一下", "等一会儿",
		NULL
	},
	.move = LIST {
		"%d移动%n", "%d移动%n", "%d移动%n", "%d移%n", "%d走%n",
		"夹爪%d移动%n", "手臂%d移动%n", "把夹爪%d移动%n",
		"机械臂%d移%n", "把手%d移%n", "%d挪%n", "%d平移%n", NULL
	},
	.dir = {
		[AGENT_UP] = LIST { "向上", "往上", "朝上", NULL },
		[AGENT_DOWN] = LIST { "向下", "往下", "朝下", NULL },
		[AGENT_LEFT] = LIST {
			"向左", "往左", "朝左", "向左边", "往左边", NULL
		},
		[AGENT_RIGHT] = LIST {
			"向右", "往右", "朝右", "向右边", "往右边", NULL
		},
		[AGENT_FORWARD] = LIST { "向前", "往前", "朝前", NULL },
		[AGENT_BACK] = LIST { "向后", "往后", "朝后", NULL }
	},
	.move_dir = {
		[AGENT_UP] = LIST {
			"抬高%n", "上升%n", "升高%n", "上移%n", "抬起手臂%n",
			"把手抬高%n", NULL
		},
		[AGENT_DOWN] = LIST {
			"下降%n", "降低%n", "下移%n", "放低%n", "把手降低%n", NULL
		},
		[AGENT_LEFT] = LIST { "左移%n", "往左偏%n", "向左靠%n", NULL },
		[AGENT_RIGHT] = LIST { "右移%n", "往右偏%n", "向右靠%n", NULL },
		[AGENT_FORWARD] = LIST {
			"前进%n", "前移%n", "往前伸%n", "向前伸%n", NULL
		},
		[AGENT_BACK] = LIST { "后退%n", "后移%n", "往后缩%n", "往后退%n", NULL }
	},
	.cm = LIST { "厘米", "厘米", "公分", "cm", NULL },
	.mm = LIST { "毫米", "毫米", "mm", NULL },
	.m = LIST { "米", "公里", "丈", "尺", "英尺", "千米", NULL },
	.s = LIST { "秒", "秒", "秒钟", NULL },
	.minute = LIST { "一分钟", "1分钟", NULL },
	.half_minute = LIST { "半分钟", NULL },
};

const struct agent_gaps agent_chinese_gaps = {
	.pick_what = LIST {
		"拿起来", "拿起它", "把它拿起来", "抓住它", "拿一下",
		"抓起来", "夹起来", "把那个拿起来", "拿起那个", "拿个东西",
		"拿起一样东西", "抓个东西", "捡起来", "去拿", "取一下",
		"夹住它", "把它抓起来", "拿起", "抓", "随便拿点什么", NULL
	},
	.put_what = LIST {
		"把它放到%b%r", "放到%b%r", "放在%b%r", "将它放在%b%r",
		"把它移到%b%r", "把那个放到%b%r", "把这个放在%b%r",
		"拿个东西放到%b%r", "把什么东西放到%b%r", "移到%b%r", "放%b%r",
		"把那个东西放到%b%r", "在%b%r放点东西", NULL
	},
	.put_where = LIST {
		"把%a放下", "把%a放好", "把%a移开", "把%a挪一下", "移动%a",
		"把%a放到一边", "把%a拿走", "把%a放到别处", "把%a搬走",
		"把%a给我", "把%a递给我", "把%a拿给我", "把%a拿过来", "放置%a",
		"把%a放到左边", "把%a放到右边", "把%a换个地方",
		"把%a放在某处", "将%a移走", "把%a送过来", "摆放%a",
		"把%a挪到别的地方", "把%a往左挪一挪", "把%a放到那边", NULL
	},
	.put_vague = LIST {
		"把%a放到%b", "把%a放在%b", "将%a放在%b", "把%a移到%b",
		"把%a摆在%b", "拿起%a放到%b", "%a放到%b", "将%a移到%b",
		"把%a搬到%b", NULL
	},
	.place_vague = LIST {
		"%b旁边", "%b附近", "%b边上", "%b的旁边", "%b下面", "%b底下",
		"%b周围", "%b的附近", "%b对面", "离%b近一点的地方", "%b下方",
		"%b身边", NULL
	},
	.move_where = LIST {
		"%d移动", "%d移动一点", "%d走", "夹爪%d移动", "手臂%d移动一些",
		"%d挪一点", "%d移一移", NULL
	},
	.absent = LIST {
		"桌子", "地板", "架子", "书桌", "椅子", "墙壁", "窗户", "大门",
		"月亮", "冰箱", "屋顶", "沙发", "床铺", "地面", "电脑", "吊灯",
		"楼梯", "水槽", "烤箱", "花园", "大树", "橱柜", NULL
	},
};

const struct agent_manners agent_chinese_manners = {
	.first = LIST { "先", "先", "首先", "首先,", "第一步,", "先是", NULL },
	.join = {
		[AGENT_AND] = LIST { "并", "并且", ",并", NULL },
		[AGENT_COMMA] = LIST { ",", ",", "，", "、", NULL },
		[AGENT_THEN] = LIST {
			",然后", ",再", "然后", "，然后", ",接着", "再", NULL
		},
		[AGENT_AND_THEN] = LIST { ",接着再", ",然后再", "，并且接着", NULL },
		[AGENT_STOP] = LIST { "。", "。然后", "。接着", "；", "。再", NULL },
		[AGENT_AFTERWARDS] = LIST {
			",之后", ",随后", "，接下来", ",下一步", "，之后再", NULL
		},
		[AGENT_FINALLY] = LIST {
			",最后", "，最后", "最后", "。最后", ",最后再", NULL
		}
	},
	.order = {
		[AGENT_STRAIGHT] = LIST {
			"%x之后,%y", "%x以后%y", "%x后再%y", "等%x之后再%y",
			"%x完了就%y", "先%x再%y", "先%x,然后%y", "在%x之后,%y", NULL
		},
		[AGENT_REVERSED] = LIST {
			"%y之前先%x", "在%y之前,%x", "%y以前先%x",
			"%y,但在这之前先%x", "%y,不过先%x", "在%y之前先%x", NULL
		}
	},
	.before = LIST {
		"请", "请", "请", "请你", "麻烦你", "帮我", "帮忙", "能不能",
		"你能", "你可以", "可以", "我要你", "我想让你", "你好,",
		"机器人,", "嘿,", "现在", "好,", "那么", "请帮我", "劳驾",
		"麻烦", "你来", "现在请", "你要", "请立即", "喂,", "来,", NULL
	},
	.before_verb = LIST { NULL },
	.after = LIST {
		"吧", "吧", ",谢谢", "谢谢", "好吗", "，好吗", "行吗",
		",可以吗", ",拜托了", ",快点", ",小心点", ",慢一点",
		"，麻烦了", NULL
	},
	.end = LIST { "。", "。", "！", ".", NULL },
};
