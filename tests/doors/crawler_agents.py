"""User agents as they were seen: people's, and those of what fetches links in messages."""

_IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15"
_ANDROID = "AppleWebKit/537.36 (KHTML, like Gecko)"
_WINDOWS = f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_ANDROID} Chrome/126.0.0.0"

SAFARI = f"{_IPHONE} (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1"

PEOPLE = (
    SAFARI,
    f"{_WINDOWS} Safari/537.36",
    f"{_WINDOWS} Safari/537.36 Edg/126.0.0.0",
    f"{_WINDOWS} YaBrowser/24.7.0.0 Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:127.0) Gecko/20100101 Firefox/127.0",
    "Mozilla/5.0 (Windows NT 6.1; Trident/7.0; rv:11.0) like Gecko",
    "Mozilla/5.0 (compatible; MSIE 10.0; Windows NT 6.2; Trident/6.0)",
    "Opera/9.80 (Android; Opera Mini/36.2.2254/191.303; U; ru) Presto/2.12.423 Version/12.16",
    f"{_IPHONE} (KHTML, like Gecko) CriOS/126.0.6478.54 Mobile/15E148 Safari/604.1",
    f"{_IPHONE} (KHTML, like Gecko) Mobile/15E148 YaApp_iOS/9400.00 Safari/604.1 SA/3",
    f"{_IPHONE} (KHTML, like Gecko) Mobile/15E148 [FBAN/FBIOS;FBAV/467.0.0.40.106;FBLC/ru_RU]",
    f"{_IPHONE} (KHTML, like Gecko) Mobile/15E148 Instagram 331.0.3.30.80 (iPhone13,2; ru_RU)",
    f"Mozilla/5.0 (Linux; Android 10; K) {_ANDROID} Chrome/126.0.0.0 Mobile Safari/537.36",
    f"Mozilla/5.0 (Linux; Android 10; K) {_ANDROID} SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile "
    "Safari/537.36",
    f"Mozilla/5.0 (Linux; arm_64; Android 12; RMX3085) {_ANDROID} Chrome/122.0.0.0 "
    "YaApp_Android/24.50.1/apad YaSearchBrowser/24.50.1/apad BroPP/1.0 SA/3 Mobile Safari/537.36",
    f"Mozilla/5.0 (Linux; Android 14; Pixel 7) {_ANDROID} Chrome/126.0.0.0 Mobile Safari/537.36 "
    "Telegram-Android/10.14.2 (Google Pixel 7; Android 14; SDK 34; HIGH)",
    f"Mozilla/5.0 (Linux; Android 13; SM-G991B; wv) {_ANDROID} Version/4.0 Chrome/125.0.6422.165 "
    "Mobile Safari/537.36 VKAndroidApp/8.82-21437",
    f"Mozilla/5.0 (Linux; Android 12; JAD-LX9 Build/HUAWEIJAD-L29; wv) {_ANDROID} Version/4.0 "
    "Chrome/99.0.4844.88 HuaweiBrowser/14.0.5.302 Mobile Safari/537.36",
    f"Mozilla/5.0 (Linux; U; Android 13; ru-ru; 2201117TG Build/TKQ1.221114.001) {_ANDROID} "
    "Version/4.0 Chrome/112.0.5615.136 Mobile Safari/537.36 XiaoMi/MiuiBrowser/14.10.0-gn",
    f"Mozilla/5.0 (Linux; Android 15; CPH2557 Build/AP3A.240617.008; wv) {_ANDROID} Version/4.0 "
    "Chrome/142.0.7444.142 Mobile Safari/537.36",
    f"Mozilla/5.0 (Linux; Android 16; Pixel 10 Build/CP1A.260305.018; wv) {_ANDROID} Version/4.0 "
    "Chrome/146.0.7680.174 Mobile Safari/537.36 MetaIAB Facebook",
    f"Mozilla/5.0 (Linux; Android 5.0.2; HTC Butterfly s) {_ANDROID} Chrome/90.0.4430.210 Mobile "
    "Safari/537.36",
    f"Mozilla/5.0 (Linux; Android 11; DUB-LX1) {_ANDROID} Chrome/94.0.4606.85 Mobile "
    "Safari/537.36 Viber/21.0",
)

SCANNERS = (
    "TelegramBot (like TwitterBot)",
    "WhatsApp/2.24.13.77 A",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_1) AppleWebKit/601.2.4 (KHTML, like Gecko) "
    "Version/9.0.1 Safari/601.2.4 facebookexternalhit/1.1 Facebot Twitterbot/1.0",
    "Twitterbot/1.0",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)",
    "LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)",
    "Mozilla/5.0 (compatible; vkShare; +http://vk.com/dev/Share)",
    "Mozilla/5.0 (compatible; OdklBot/1.0 like Linux; klass@odnoklassniki.ru)",
    "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)",
    "Mozilla/5.0 (compatible; YaDirectFetcher/1.0; +http://yandex.com/bots)",
    "Mozilla/5.0 (compatible; Mail.RU_Bot/2.1; +https://help.mail.ru/webmaster/indexing/robots)",
    f"Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) {_ANDROID} Chrome/125.0.6422.60 "
    "Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Viber/13.3.0.22 CFNetwork/1220.1 Darwin/20.3.0",
    "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5",
    "Mozilla/5.0 (compatible; Google-Safety; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; Barracuda Sentinel)",
    "Mozilla/5.0 (compatible; Butterfly/1.0) Gecko/2009032608 Firefox/3.0.8",
    "Mozilla/5.0 (compatible; a crawler that nobody has heard of)",
    f"Mozilla/5.0 (X11; Linux x86_64) {_ANDROID} HeadlessChrome/125.0.0.0 Safari/537.36",
    "Signal-Android/7.10",
    "curl/8.5.0",
    "Wget/1.21.4",
    "python-requests/2.32.3",
    "python-httpx/0.27.0",
    "Go-http-client/2.0",
    "okhttp/4.12.0",
    "Java/17.0.2",
    "Dalvik/2.1.0 (Linux; U; Android 13; SM-A135F Build/TP1A.220624.014)",
    "PostmanRuntime/7.39.0",
)
